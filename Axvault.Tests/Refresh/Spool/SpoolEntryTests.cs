using System.Text.Json;
using Axvault.Api.Refresh.Spool;

namespace Axvault.Tests.Refresh.Spool;

/// <summary>
/// A damaged spool file fails with the exception that the spool expects, so that one such file does not stop the others from being stored.
/// </summary>
public sealed class SpoolEntryTests
{
    [Theory]
    [InlineData("1e38")]
    [InlineData("6e300")]
    [InlineData("0")]
    [InlineData("-1")]
    public void A_file_with_an_invalid_lifetime_is_refused(string lifetime) => Assert.Throws<FormatException>(() => Entry(lifetime).Unwrap());

    [Theory]
    [InlineData("null", null)]
    [InlineData("3600", 3600.0)]
    [InlineData("251600000000", 251_600_000_000.0)]
    public void A_valid_lifetime_is_read_back(string lifetime, double? seconds) =>
        Assert.Equal(seconds, Entry(lifetime).Unwrap().Lifetime?.TotalSeconds);

    private static SpoolEntry Entry(string lifetime) =>
        JsonSerializer.Deserialize(
            """
            {"VersionId":"0197f3a0-0000-7000-8000-000000000001","Name":"a","Revision":1,"Envelope":"AQID",
            "IssuedAt":"2026-01-15T10:30:00+00:00","ExpiresAt":"2026-01-15T11:30:00+00:00","LifetimeSeconds":
            """ + $"{lifetime}}}",
            SpoolJsonContext.Default.SpoolEntry
        )!;
}
