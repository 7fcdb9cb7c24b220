using System.Globalization;

namespace Axvault.Tests.Harness.Leaks;

/// <summary>A secret found in an emission. Its text does not show the secret.</summary>
/// <param name="Kind">The kind of the secret.</param>
/// <param name="Disguise">The index of the form in which it was found, among those of <see cref="Servers.Disguise"/>; 0 for the plain secret.</param>
/// <param name="Channel">The channel it left by.</param>
/// <param name="Source">The source of the emission.</param>
/// <param name="Before">The text in front of the secret.</param>
internal sealed record Leak(SecretKind Kind, int Disguise, EmissionChannel Channel, string Source, string Before)
{
    /// <inheritdoc />
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Kind} in {Channel} of {Source}{(Disguise == 0 ? "" : $", in disguise {Disguise}")}, after: {Before}");
}
