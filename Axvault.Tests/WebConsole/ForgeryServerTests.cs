using System.Net;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.WebConsole;

/// <summary>Forms that another site, or another session, would have sent by the browser of someone who is signed in.</summary>
public sealed class ForgeryServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    public static TheoryData<string, string> ForeignHeaders =>
        new()
        {
            { "Origin", "https://evil.example" },
            { "Origin", "null" },
            { "Origin", "" },
            { "Origin", "127.0.0.1" },
            { "Origin", "http://127.0.0.1:1" },
            { "Origin", "http://127.0.0.1.evil.example" },
            { "Sec-Fetch-Site", "cross-site" },
            { "Sec-Fetch-Site", "same-site" },
            { "Sec-Fetch-Site", "none" },
        };

    [Theory]
    [MemberData(nameof(ForeignHeaders))]
    public async Task A_form_of_another_site_is_refused_even_with_the_right_token(string header, string value)
    {
        var (content, browser) = await StartAsync();
        using var _ = browser;
        var token = await browser.FormTokenAsync();

        foreach (var act in ConsoleRoutes.Acts.Concat(ConsoleRoutes.OpenActs))
        {
            var answer = (await browser.PostAsync(content.Path(act), Fields(content, token), (header, value))).Is(HttpStatusCode.Forbidden);
            Assert.Contains("The form was sent from another site.", answer.Text, StringComparison.Ordinal);
        }

        await NothingChangedAsync(content, browser);
    }

    [Fact]
    public async Task A_form_without_the_token_of_its_session_is_refused()
    {
        var (content, browser) = await StartAsync();
        using var _ = browser;
        using var other = await PlainBrowser.SignInAsync(vault.Server, vault.Admin.Secret);
        var own = await browser.FormTokenAsync();
        string?[] tokens = [null, "", "x", await other.FormTokenAsync(), own + "0", own[..^1], own.ToUpperInvariant()];

        foreach (var (act, token) in ConsoleRoutes.Acts.SelectMany(act => tokens.Select(token => (act, token))))
        {
            var answer = (await browser.PostAsync(content.Path(act), Fields(content, token))).Is(HttpStatusCode.Forbidden);
            Assert.Contains("The form does not belong to this session.", answer.Text, StringComparison.Ordinal);
        }

        await NothingChangedAsync(content, browser);
    }

    [Fact]
    public async Task A_token_in_the_address_is_none()
    {
        var (content, browser) = await StartAsync();
        using var _ = browser;

        var path = $"{content.Path("/console/credentials/{name}/delete")}?form-token={await browser.FormTokenAsync()}";

        (await browser.PostAsync(path, [])).Is(HttpStatusCode.Forbidden);
        await NothingChangedAsync(content, browser);
    }

    [Fact]
    public async Task No_page_changes_anything_by_being_loaded()
    {
        var (content, browser) = await StartAsync();
        using var _ = browser;

        foreach (var act in ConsoleRoutes.Acts.Where(static act => !ConsoleRoutes.Pages.Contains(act)))
        {
            Assert.True((await browser.GetAsync(content.Path(act))).Status is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed, act);
        }

        foreach (var page in ConsoleRoutes.Pages)
        {
            await browser.GetAsync(content.Path(page));
        }

        await NothingChangedAsync(content, browser);
    }

    private async Task<(ConsoleContent, PlainBrowser)> StartAsync() =>
        (
            await ConsoleContent.PutAsync(vault.Admin, $"forged-{Guid.NewGuid():N}"),
            await PlainBrowser.SignInAsync(vault.Server, vault.Admin.Secret)
        );

    // Fields that every act takes: with the right token from the right origin each act would change something.
    private static (string, string)[] Fields(ConsoleContent content, string? token) =>
        [
            ("name", content.Name),
            ("issuer", content.Name),
            ("audience", "changed"),
            ("read", "*"),
            ("kind", "api-key"),
            ("data", "sk-forged-forged"),
            ("draft", "AAAA"),
            ("token", "x"),
            ("force", "on"),
            .. token is null ? [] : ((string, string)[])[("form-token", token)],
        ];

    private async Task NothingChangedAsync(ConsoleContent content, PlainBrowser browser)
    {
        foreach (var path in new[] { $"credentials/{content.Name}", $"keys/{content.KeyId}", $"issuers/{content.Name}" })
        {
            (await vault.Admin.GetAsync(path)).Is(HttpStatusCode.OK);
        }

        Assert.Single((await vault.Admin.GetAsync($"credentials/{content.Name}/versions")).Json.GetProperty("versions").EnumerateArray());
        Assert.Equal("axvault", (await vault.Admin.GetAsync($"rules/{content.Name}")).Is(HttpStatusCode.OK).Json.GetProperty("audience").GetString());
        (await vault.Admin.GetAsync($"credentials/{content.Name}.deleted")).IsNotFound();
        var keys = (await vault.Admin.GetAsync("keys")).Is(HttpStatusCode.OK).Json.GetProperty("keys").EnumerateArray();
        Assert.DoesNotContain(keys, key => key.GetProperty("name").GetString() == content.Name);
        (await browser.GetAsync("/console")).Is(HttpStatusCode.OK);
    }
}
