using System.Globalization;

namespace Axvault.Tests.Leaks;

/// <summary>A secret where none may be. It does not show the secret.</summary>
/// <param name="Kind">What the secret is.</param>
/// <param name="Disguise">The form in which it was found: its place among those of <see cref="Server.Disguise"/>, 0 for the secret as it is.</param>
/// <param name="Channel">How it got out.</param>
/// <param name="Source">Whose it was.</param>
/// <param name="Before">What stood before it.</param>
internal sealed record Leak(SecretKind Kind, int Disguise, EmissionChannel Channel, string Source, string Before)
{
    /// <inheritdoc />
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Kind} in {Channel} of {Source}{(Disguise == 0 ? "" : $", in disguise {Disguise}")}, after: {Before}");
}
