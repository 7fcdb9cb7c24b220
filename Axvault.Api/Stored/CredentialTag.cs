using System.Globalization;

namespace Axvault.Api.Stored;

/// <summary>
/// The version of a credential as a strong entity tag (RFC 9110 §8.8.3). It changes whenever the data or an attribute of a put changes. The member
/// <c>refresh</c> of an answer does not change it.
/// </summary>
/// <param name="VersionId">The id of the version.</param>
/// <param name="Revision">The number of times that the version was written.</param>
/// <param name="UpdatedAt">The time of the last of them.</param>
internal readonly record struct CredentialTag(Guid VersionId, long Revision, DateTimeOffset UpdatedAt)
{
    /// <summary>Returns the tag as it stands in headers, in double quotes.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"\"{VersionId:n}-{Revision:x}-{UpdatedAt.ToUnixTimeMilliseconds():x}\"");
}
