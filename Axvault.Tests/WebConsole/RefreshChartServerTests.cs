using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Axvault.Api.WebConsole.Layout;
using Axvault.Tests.Harness.Provider;
using Axvault.Tests.Harness.Servers;
using Axvault.Tests.Refresh;

namespace Axvault.Tests.WebConsole;

/// <summary>The durations of refreshes, in the audit log and in the chart of a credential.</summary>
public sealed class RefreshChartServerTests(RefreshFixture fixture) : IClassFixture<RefreshFixture>
{
    private RefreshLab Lab => fixture.Lab;

    [Fact]
    public async Task An_audit_entry_and_a_bar_tell_the_time_that_the_provider_took()
    {
        using var admin = Lab.Admin();
        var issued = await Lab.PutAsync("chart");
        Lab.Proxy.Decide(request => request.RefreshToken == issued.RefreshToken ? Fault.None with { DelayAfter = TimeSpan.FromMilliseconds(300) } : null);

        (await admin.PostAsync("credentials/chart/refresh", "")).Is(HttpStatusCode.OK);
        var fresh = (await admin.GetAsync("credentials/chart")).Is(HttpStatusCode.OK).Token("refresh_token");
        Lab.Proxy.Decide(request => request.RefreshToken == fresh ? Fault.Answer(503) : null);
        (await admin.PostAsync("credentials/chart/refresh", "")).Is(HttpStatusCode.BadGateway);

        var reasons = await ReasonsAsync(admin, "chart");
        Assert.Matches("^lab, [0-9]+ ms: Transient http_503", reasons[0]);
        var success = Regex.Match(reasons[1], "^lab, ([0-9]+) ms; version [-0-9a-f]{36} revision 2$");
        Assert.True(success.Success, reasons[1]);
        var took = TimeSpan.FromMilliseconds(int.Parse(success.Groups[1].ValueSpan, CultureInfo.InvariantCulture));
        Assert.InRange(took.TotalMilliseconds, 300, 10_000);
        using var browser = await PlainBrowser.SignInAsync(Lab.Servers[0], admin.Secret);
        var page = (await browser.GetAsync("/console/credentials/chart")).Is(HttpStatusCode.OK).Text;
        Assert.Matches(@"aria-label=""The last 2 refreshes, of which 1 failed\. The provider took .* in the median, and .* at most\.""", page);
        Assert.Matches($@"<title>[-0-9: ]+: new tokens, {Regex.Escape(Words.Duration(took))}\. lab, ", page);
        Assert.Matches(@"<title>[-0-9: ]+: failed, [.0-9]+ m?s\. lab, ", page);
        Assert.Equal(1, Regex.Count(page, "class=\"cross\""));
        Assert.DoesNotContain("bar open", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_entry_without_a_duration_is_a_bar_of_unknown_length()
    {
        using var admin = Lab.Admin();
        // Nothing is sent to a provider that this server does not know.
        await Lab.PutAsync("chart.unknown", "elsewhere");
        await Lab.FallDueAsync(TimeSpan.FromMinutes(5), "chart.unknown");
        (await admin.GetAsync("credentials/chart.unknown")).Is(HttpStatusCode.OK);
        await Until.HoldsAsync(async () => (await ReasonsAsync(admin, "chart.unknown")).Count > 0, "the failure is recorded");

        using var browser = await PlainBrowser.SignInAsync(Lab.Servers[0], admin.Secret);
        var page = (await browser.GetAsync("/console/credentials/chart.unknown")).Is(HttpStatusCode.OK).Text;

        Assert.Contains("<rect class=\"bar open bad\"", page, StringComparison.Ordinal);
        Assert.Contains(", duration not recorded. ", page, StringComparison.Ordinal);
        Assert.Contains("of which 1 failed. No duration is recorded.\"", page, StringComparison.Ordinal);
    }

    // The entry of a call that ordered a refresh has a key.
    private static async Task<List<string>> ReasonsAsync(VaultClient admin, string name) =>
        [
            .. (await admin.GetAsync($"audit?action=credential.refresh&credential={name}"))
                .Is(HttpStatusCode.OK)
                .Json.GetProperty("entries")
                .EnumerateArray()
                .Where(static entry => !entry.TryGetProperty("keyId", out _))
                .Select(static entry => entry.GetProperty("reason").GetString()!),
        ];
}
