using System.Globalization;

namespace Axvault.Api.Credentials;

/// <summary>
/// Which state of a credential it is, as a strong entity tag (RFC 9110 §8.8.3): another one whenever the data or anything that a put sets has changed.
/// What is told of refreshes in <c>refresh</c> is no part of it.
/// </summary>
/// <param name="RowId">The row's id.</param>
/// <param name="Version">Counts what was put and refreshed in the row.</param>
/// <param name="UpdatedAt">When that was.</param>
internal readonly record struct CredentialTag(Guid RowId, long Version, DateTimeOffset UpdatedAt)
{
    /// <summary>The tag as it is in headers, in double quotes.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"\"{RowId:n}-{Version:x}-{UpdatedAt.ToUnixTimeMilliseconds():x}\"");
}
