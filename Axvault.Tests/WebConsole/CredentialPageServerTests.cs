using System.Net;
using System.Text.RegularExpressions;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.WebConsole;

/// <summary>The list and the page of credentials, without a browser's script.</summary>
public sealed partial class CredentialPageServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    [Fact]
    public async Task A_login_without_a_refresh_token_is_shown_as_expired()
    {
        (
            await vault.Admin.PutAsync(
                "credentials/page.without",
                """{"type":"oauth-credentials","agent":"codex","data":{"tokens":{"access_token":"a","expires_at":1577836800}}}"""
            )
        ).Is(HttpStatusCode.Created);
        using var browser = await PlainBrowser.SignInAsync(vault.Server, vault.Admin.Secret);

        var row = (await RowsAsync(browser, "/console/credentials?q=page.without")).Single();
        var page = (await browser.GetAsync("/console/credentials/page.without")).Is(HttpStatusCode.OK).Text;

        Assert.Contains("<span class=\"mark bad\">expired</span>", row, StringComparison.Ordinal);
        Assert.Contains("datetime=\"2020-01-01T00:00:00Z\"", row, StringComparison.Ordinal);
        Assert.Contains("A new login is needed: codex login, then axvault push --agent codex page.without", page, StringComparison.Ordinal);
        Assert.Contains("<dt>Access token expires</dt><dd><time datetime=\"2020-01-01T00:00:00Z\">", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_list_is_selected_and_ordered_by_permitted_use()
    {
        foreach (var (name, provider, type) in new[] { ("1", "anthropic", "oauth-credentials"), ("2", "lab", "oauth-token"), ("3", "anthropic", "api-key") })
        {
            var body = $$$"""{"type":"{{{type}}}","provider":"{{{provider}}}","data":{"access_token":"a"}}""";
            (await vault.Admin.PutAsync($"credentials/use.page.{name}", body)).Is(HttpStatusCode.Created);
        }

        using var browser = await PlainBrowser.SignInAsync(vault.Server, vault.Admin.Secret);

        Assert.Equal(["3 automation", "2 personal", "1 restricted"], await UsesAsync("&sort=use"));
        Assert.Equal(["1 restricted", "2 personal", "3 automation"], await UsesAsync("&sort=-use"));
        Assert.Equal(["2 personal"], await UsesAsync("&use=personal"));
        var page = (await browser.GetAsync("/console/credentials?use=restricted&sort=-use")).Is(HttpStatusCode.OK).Text;
        Assert.Contains("""<option value="restricted" selected""", page, StringComparison.Ordinal);
        Assert.Contains("""<option value="-use" selected""", page, StringComparison.Ordinal);
        (await browser.GetAsync("/console/credentials?use=free")).Is(HttpStatusCode.BadRequest);

        async Task<IEnumerable<string>> UsesAsync(string query) =>
            (await RowsAsync(browser, $"/console/credentials?q=use.page.{query}")).Select(static row =>
                Use().Match(row) is { Success: true } told ? $"{told.Groups[1].Value} {told.Groups[2].Value}" : row
            );
    }

    private static async Task<List<string>> RowsAsync(PlainBrowser browser, string path) =>
        [.. Row().Matches((await browser.GetAsync(path)).Is(HttpStatusCode.OK).Text).Select(static row => row.Value)];

    [GeneratedRegex("""<tr>\s*<td class="name">.*?</tr>""", RegexOptions.Singleline)]
    private static partial Regex Row();

    [GeneratedRegex("""/use\.page\.(\d)".*<td>(\w+)</td>\s*</tr>""", RegexOptions.Singleline)]
    private static partial Regex Use();
}
