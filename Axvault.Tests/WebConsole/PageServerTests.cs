using System.Net;
using System.Text;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.WebConsole;

/// <summary>Rules of every page: its headers, and no secret in it.</summary>
public sealed class PageServerTests(VaultFixture vault, VaultGraph graph) : IClassFixture<VaultFixture>
{
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        + "frame-ancestors 'none'";

    [Fact]
    public async Task Every_page_has_headers_that_hold_a_browser_back()
    {
        var content = await ConsoleContent.PutAsync(vault.Admin, "headers");
        using var browser = await PlainBrowser.SignInAsync(vault.Server, vault.Admin.Secret);
        using var stranger = new PlainBrowser(vault.Server);
        List<Answer> answers =
        [
            await stranger.GetAsync("/console"),
            await stranger.GetAsync("/console/sign-in"),
            await stranger.GetAsync("/console/nothing"),
            await stranger.PostAsync("/console/sign-in", [("key", "wrong")]),
            await browser.PostAsync("/console/keys/new", []),
            await browser.PostFormAsync("/console/keys/new", ("name", "headers")),
            await browser.GetAsync("/console/credentials/nothing"),
            await browser.GetAsync("/console/audit?action=nothing"),
        ];
        foreach (var page in ConsoleRoutes.Pages)
        {
            answers.Add((await browser.GetAsync(content.Path(page))).Is(HttpStatusCode.OK));
        }

        Assert.All(answers, static answer =>
        {
            Assert.Equal(Policy, answer.Headers["Content-Security-Policy"]);
            Assert.Equal("nosniff", answer.Headers["X-Content-Type-Options"]);
            Assert.Equal("same-origin", answer.Headers["Referrer-Policy"]);
            Assert.Equal("same-origin", answer.Headers["Cross-Origin-Opener-Policy"]);
            Assert.Equal("same-origin", answer.Headers["Cross-Origin-Resource-Policy"]);
            Assert.Equal("camera=(), geolocation=(), microphone=()", answer.Headers["Permissions-Policy"]);
            Assert.Equal("no-store", answer.Headers["Cache-Control"]);
            Assert.Equal("Cookie", answer.Headers["Vary"]);
            Assert.True(answer.Status == HttpStatusCode.SeeOther || answer.ContentType is "text/html" or "application/x-ndjson", answer.Text);
        });
    }

    [Fact]
    public async Task No_page_contains_a_secret()
    {
        var content = await ConsoleContent.PutAsync(vault.Admin, "secret");
        using var browser = await PlainBrowser.SignInAsync(vault.Server, vault.Admin.Secret);
        List<(string Path, byte[] Body)> pages = [];
        foreach (var path in ConsoleRoutes.Pages.Select(content.Path).Append("/console/put?name=secret").Append("/console/keys?issued=true"))
        {
            pages.Add((path, (await browser.GetAsync(path)).Is(HttpStatusCode.OK).Bytes));
        }

        foreach (var name in new[] { "secret.token", "secret.key" })
        {
            pages.Add((name, (await browser.GetAsync($"/console/credentials/{name}")).Is(HttpStatusCode.OK).Bytes));
        }

        // A pasted login does not come back either: in its form, in the question before it is stored, and in refusals.
        var pasted = $"canary-{Guid.NewGuid():N}";
        var login = $$$"""{"claudeAiOauth":{"accessToken":"{{{pasted}}}","refreshToken":"r-{{{pasted}}}","expiresAt":4102444800000}}""";
        foreach (var (name, data, status) in new[] { ("secret.pasted", login, 200), ("a bad name", login, 400), ("secret.pasted", $"{{\"x\":\"{pasted}", 400) })
        {
            var answer = await browser.PostFormAsync("/console/put", ("name", name), ("data", data));
            Assert.Equal((name, status), (name, (int)answer.Status));
            pages.Add(($"put of {name}", answer.Bytes));
        }

        var secrets = content.Secrets.Append(pasted).SelectMany(secret => Disguise.Of(Encoding.UTF8.GetBytes(secret)).Select(form => (secret, form))).ToList();
        Assert.True(pages.Count > 20);
        Assert.All(pages, page => Assert.All(secrets, secret => Assert.True(page.Body.AsSpan().IndexOf(secret.form) < 0, $"{page.Path} has {secret.secret}")));
    }

    [Fact]
    public async Task An_unknown_page_is_an_HTML_404()
    {
        using var browser = new PlainBrowser(vault.Server);

        foreach (var path in new[] { "/console/nothing", "/console/keys/a/b/c", "/console/%3Cscript%3E" })
        {
            var answer = (await browser.GetAsync(path)).Is(HttpStatusCode.NotFound);
            Assert.Equal("text/html", answer.ContentType);
            Assert.Contains("There is no such page.", answer.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_hostile_address_or_field_is_a_page_and_never_a_failure_of_the_server()
    {
        using var browser = await PlainBrowser.SignInAsync(vault.Server, vault.Admin.Secret);
        string[] segments = ["..", ".", "%2e%2e", "a%2Fversions", "%2F..%2Fkeys"];
        string[] texts = [.. segments, "%00", "%0D%0AX: y", "%FF", "%ED%A0%80", "<script>alert(1)</script>", new('x', 4000)];
        string[] paths =
        [
            .. ConsoleRoutes.Pages.Where(static page => page.Contains('{', StringComparison.Ordinal)),
            "/console/put?name={name}",
            "/console/credentials?q={q}",
            "/console/credentials?type={q}&status={q}&sort={q}",
            "/console/credentials?cursor={q}",
            "/console/credentials/deleted?cursor={q}",
            "/console/audit?action={q}",
            "/console/audit?key={q}&credential={q}&outcome={q}",
            "/console/audit?cursor={q}&since={q}&until={q}",
            "/console/audit/export?since={q}",
            "/console/usage?by={q}",
            "/console/usage?from={q}&to={q}",
            "/console/keys?issued={q}",
            "/console?done={q}",
            "/console/sign-in?to={q}",
        ];

        foreach (var path in paths.SelectMany(path => texts.Select(text => path.Replace("{q}", text, StringComparison.Ordinal) is var filled && filled != path
            ? filled
            : ConsoleRoutes.Fill(path, new Dictionary<string, string> { ["name"] = text, ["id"] = text, ["rule"] = text, ["issuer"] = text }))))
        {
            var answer = await browser.GetAsync(path);
            Assert.True((int)answer.Status < 500, $"{path}: {answer.Status} {answer.Text}");
            Assert.DoesNotContain("<script>alert", answer.Text, StringComparison.Ordinal);
            Assert.False(answer.Headers.ContainsKey("X"));
        }
    }

    [Fact]
    public async Task An_emptied_field_of_a_filter_is_no_filter()
    {
        using var browser = await PlainBrowser.SignInAsync(vault.Server, vault.Admin.Secret);

        foreach (var path in new[]
        {
            "/console/usage?from=&to=&by=",
            "/console/credentials?q=&type=&provider=&status=&sort=",
            "/console/audit?action=&outcome=&key=&credential=&since=&until=",
            "/console/keys?issued=",
        })
        {
            Assert.Contains("<h1>", (await browser.GetAsync(path)).Is(HttpStatusCode.OK).Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_console_that_is_off_is_not_there()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(
            new ServerSettings(database.ConnectionString) { Variables = new Dictionary<string, string> { ["AXVAULT_CONSOLE"] = "off" } }
        );
        using var client = server.Client();

        foreach (var path in new[] { "/", "/console", "/console/sign-in", "/console/assets/console.css", "/console/nothing" })
        {
            (await client.GetAsync(path)).IsNotFound();
        }
    }
}
