using System.Text.Json;
using Axvault.Api.Refresh.Spool;

namespace Axvault.Tests.Refresh.Spool;

/// <summary>A file of the spool that somebody changed is none, and is told by the exception that the spool expects: one such file must not keep the others from being stored.</summary>
public sealed class SpoolEntryTests
{
    [Theory]
    [InlineData("1e38")]
    [InlineData("6e300")]
    [InlineData("0")]
    [InlineData("-1")]
    public void A_lifetime_that_is_none_makes_a_file_none(string lifetime) => Assert.Throws<FormatException>(() => Entry(lifetime).Unwrap());

    [Theory]
    [InlineData("null", null)]
    [InlineData("3600", 3600.0)]
    [InlineData("251600000000", 251_600_000_000.0)]
    public void A_lifetime_is_kept_as_it_was_however_long(string lifetime, double? seconds) => Assert.Equal(seconds, Entry(lifetime).Unwrap().Lifetime?.TotalSeconds);

    private static SpoolEntry Entry(string lifetime) => JsonSerializer.Deserialize(
        $$"""{"RowId":"0197f3a0-0000-7000-8000-000000000001","Name":"a","Version":1,"Envelope":"AQID","IssuedAt":"2026-01-15T10:30:00+00:00","ExpiresAt":"2026-01-15T11:30:00+00:00","LifetimeSeconds":{{lifetime}}}""",
        SpoolJsonContext.Default.SpoolEntry)!;
}
