using System.Net;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.WebConsole;

/// <summary>Values in addresses and forms that no page would send by itself.</summary>
public sealed class WrongInputServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    [Theory]
    [InlineData("until=0001-01-01T00:00")]
    [InlineData("since=0001-01-01T00:00")]
    [InlineData("since=9999-12-31T23:59&until=0001-01-01T00:00")]
    [InlineData("until=9999-12-31T23:59")]
    public async Task A_time_at_the_end_of_the_calendar_is_no_fault_of_the_server(string query)
    {
        using var browser = await PlainBrowser.SignInAsync(vault.Server, vault.Admin.Secret);

        Assert.True((await browser.GetAsync($"/console/audit?{query}")).Status is HttpStatusCode.OK or HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("soon")]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("721")]
    [InlineData("2147483647")]
    [InlineData("99999999999999999999")]
    public async Task An_overlap_that_is_no_number_of_hours_is_refused(string overlap)
    {
        using var browser = await PlainBrowser.SignInAsync(vault.Server, vault.Admin.Secret);
        var key = await vault.Admin.CreateKeyAsync();

        var answer = (await browser.PostFormAsync($"/console/keys/{key.Id}/rotate", ("overlap", overlap))).Is(HttpStatusCode.BadRequest);

        Assert.Contains("overlapSeconds must be a whole number", answer.Text, StringComparison.Ordinal);
        using var client = vault.Server.Client(key.Secret);
        var self = (await client.GetAsync("keys/self")).Is(HttpStatusCode.OK);
        Assert.False(self.Json.TryGetProperty("previousSecretExpiresAt", out _));
    }
}
