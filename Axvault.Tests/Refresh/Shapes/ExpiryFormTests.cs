using Axvault.Api.Refresh.Shapes;
using Axvault.Api.Stored;

namespace Axvault.Tests.Refresh.Shapes;

/// <summary>An expiry is read in the forms in which agents write it, and written back in the same form.</summary>
public sealed class ExpiryFormTests
{
    // 1772366400
    private static readonly DateTimeOffset IssuedAt = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset OldExpiry = IssuedAt - TimeSpan.FromMinutes(10);

    [Theory]
    [InlineData("\"expires_at\":1772365800", "\"expires_at\":1772370000")]
    [InlineData("\"expires_at\":1772365800.0", "\"expires_at\":1772370000.0")]
    [InlineData("\"expires_at\":1772365800.25", "\"expires_at\":1772370000.00")]
    [InlineData("\"expires_at\":\"1772365800\"", "\"expires_at\":\"1772370000\"")]
    [InlineData("\"expires_at\":1772365800000", "\"expires_at\":1772370000000")]
    [InlineData("\"expiresAt\":1772365800", "\"expiresAt\":1772370000")]
    [InlineData("\"expiresAt\":\"1772365800000\"", "\"expiresAt\":\"1772370000000\"")]
    [InlineData("\"expiresAt\":\"2026-03-01T11:50:00Z\"", "\"expiresAt\":\"2026-03-01T13:00:00Z\"")]
    [InlineData("\"expiry\":\"2026-03-01T11:50:00.123456Z\"", "\"expiry\":\"2026-03-01T13:00:00.000000Z\"")]
    [InlineData("\"expiry\":\"2026-03-01T06:50:00.123456789-05:00\"", "\"expiry\":\"2026-03-01T08:00:00.000000000-05:00\"")]
    [InlineData("\"expired\":\"2026-03-01T19:50:00+08:00\"", "\"expired\":\"2026-03-01T21:00:00+08:00\"")]
    [InlineData("\"expired\":\"2026-03-01T19:50:00+0800\"", "\"expired\":\"2026-03-01T21:00:00+0800\"")]
    [InlineData("\"expiry\":\"2026-03-01T11:50:00\"", "\"expiry\":\"2026-03-01T13:00:00\"")]
    [InlineData("\"expiry\":\"2026-03-01 11:50:00.5\"", "\"expiry\":\"2026-03-01 13:00:00.0\"")]
    [InlineData("\"expires\":1772365800000", "\"expires\":1772370000000")]
    [InlineData("\"expires_on\":\"1772365800\"", "\"expires_on\":\"1772370000\"")]
    [InlineData("\"expires_on\":1772365800", "\"expires_on\":1772370000")]
    [InlineData("\"expiry_date\":1772365800000", "\"expiry_date\":1772370000000")]
    [InlineData("\"created_at\":1772362200,\"expires_in\":3600", "\"created_at\":1772366400,\"expires_in\":3600")]
    [InlineData("\"created_at\":\"2026-03-01T10:50:00Z\",\"expires_in\":3600.0", "\"created_at\":\"2026-03-01T12:00:00Z\",\"expires_in\":3600.0")]
    [InlineData("\"expires_at\":1772365800,\"expires_in\":600", "\"expires_at\":1772370000,\"expires_in\":3600")]
    [InlineData("\"expired\":false,\"expires_at\":1772365800", "\"expired\":false,\"expires_at\":1772370000")]
    public void Expiry_is_written_back_in_its_own_form(string before, string after)
    {
        var tokens = Find(before);

        Assert.False(tokens.HasUnreadableExpiry);
        Assert.Equal(OldExpiry, tokens.ExpiresAt(IssuedAt)!.Value, TimeSpan.FromSeconds(1));
        Assert.Equal(Data(after, "at-2", "rt-2"), Apply(tokens));
    }

    [Theory]
    [InlineData("\"expires_at\":0", "\"expires_at\":1772370000")]
    [InlineData("\"expiresAt\":0", "\"expiresAt\":1772370000000")]
    [InlineData("\"expires_at\":null", "\"expires_at\":1772370000")]
    [InlineData("\"expiry\":\"0001-01-01T00:00:00Z\"", "\"expiry\":\"2026-03-01T13:00:00Z\"")]
    public void A_place_without_a_time_gets_the_new_one(string before, string after)
    {
        var tokens = Find(before);

        Assert.Null(tokens.ExpiresAt(IssuedAt));
        Assert.Equal(Data(after, "at-2", "rt-2"), Apply(tokens));
    }

    [Theory]
    [InlineData("\"expires_at\":\"next tuesday\"")]
    [InlineData("\"expires_at\":{\"seconds\":1772365800}")]
    [InlineData("\"expiry\":\"03/01/2026 11:50:00\"")]
    [InlineData("\"expiry\":\"2026-02-31T00:00:00Z\"")]
    [InlineData("\"expiry\":\"2026-03-01 11:50:00 +0000 UTC\"")]
    [InlineData("\"expires_in\":3600,\"created_at\":\"today\"")]
    [InlineData("\"expires_at\":1772365800,\"expiry\":\"soon\"")]
    public void A_form_that_cannot_be_written_back_is_unreadable(string member) => Assert.True(Find(member).HasUnreadableExpiry);

    [Fact]
    public void The_access_token_of_google_auth_stands_under_token()
    {
        var before = """{"token":"at-1","refresh_token":"rt-1","token_uri":"https://oauth2.googleapis.com/token","expiry":"2026-03-01T11:50:00.000000Z"}""";
        var tokens = CredentialTokens.Find(CredentialData.FromStored(System.Text.Encoding.UTF8.GetBytes(before)), "google")!;

        Assert.Equal(
            """{"token":"at-2","refresh_token":"rt-2","token_uri":"https://oauth2.googleapis.com/token","expiry":"2026-03-01T13:00:00.000000Z"}""",
            Apply(tokens)
        );
    }

    private static string Data(string member, string accessToken, string refreshToken) =>
        $$"""{"access_token":"{{accessToken}}","refresh_token":"{{refreshToken}}",{{member}}}""";

    private static CredentialTokens Find(string member) =>
        CredentialTokens.Find(CredentialData.FromStored(System.Text.Encoding.UTF8.GetBytes(Data(member, "at-1", "rt-1"))), "corp")!;

    private static string Apply(CredentialTokens tokens)
    {
        var issued = new IssuedTokens
        {
            AccessToken = "at-2",
            RefreshToken = "rt-2",
            ExpiresIn = TimeSpan.FromHours(1),
        };
        return System.Text.Encoding.UTF8.GetString(tokens.Apply(issued, IssuedAt, null, null).Data.Reveal());
    }
}
