using System.Globalization;
using System.Net;
using Axvault.Tests.Harness;
using Axvault.Tests.Harness.Browsers;
using PuppeteerSharp;

namespace Axvault.Tests.WebConsole;

/// <summary>The pictures of docs/console.md. <c>AXVAULT_TESTS_UPDATE=pictures</c> makes them anew.</summary>
public sealed class ConsolePictureTests(ConsoleBrowserFixture console) : IClassFixture<ConsoleBrowserFixture>
{
    private static readonly string Folder = Path.Combine(SourceTree.Root, "docs", "images");

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task The_pictures_of_the_documents_can_be_made()
    {
        await FillAsync();
        await using var tab = await console.SignInAsync();

        await TakeAsync(tab, "overview", "/console", isWhole: true);
        await TakeAsync(tab, "credential", "/console/credentials/claude.prod", isWhole: true);
        await TakeAsync(tab, "audit", "/console/audit", isWhole: false);
        tab.IsClean();
    }

    private async Task FillAsync()
    {
        var admin = console.Admin;
        for (var hours = 5; hours < 7 * 24; hours += 3)
        {
            var end = DateTimeOffset.UtcNow.AddHours(hours).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
            var type = hours % 5 == 0 ? "oauth-token" : "oauth-credentials";
            var data = $$"""{"access_token":"a","refresh_token":"r{{hours}}"}""";
            await PutAsync($"team.{hours:000}", $$"""{"type":"{{type}}","provider":"lab","expiresAt":"{{end}}","data":{{data}}}""");
        }

        await PutAsync("openai.key", """{"type":"api-key","provider":"openai","data":{"apiKey":"k"}}""");
        // The provider knows no such refresh token.
        const string Unknown = """{"access_token":"a","refresh_token":"unknown","expires_at":1700000000}""";
        await PutAsync("codex.ci", $$"""{"type":"oauth-credentials","provider":"lab","data":{{Unknown}}}""");
        (await admin.PostAsync("credentials/codex.ci/refresh", "")).Is(HttpStatusCode.BadGateway);
        await console.Lab.PutAsync("claude.prod");
        (await admin.PatchAsync("credentials/claude.prod", """{"displayName":"Claude Code of the web team","notes":"Ask Ada for a new login."}""")).Is(
            HttpStatusCode.NoContent
        );
        for (var i = 0; i < 8; i++)
        {
            (await admin.PostAsync("credentials/claude.prod/refresh", "")).Is(HttpStatusCode.OK);
        }

        using var reader = admin.With((await admin.CreateKeyAsync(["claude.*"], [], [], "CI of the web team")).Secret);
        for (var i = 0; i < 5; i++)
        {
            (await reader.GetAsync("credentials/claude.prod")).Is(HttpStatusCode.OK);
            (await reader.GetAsync("credentials/openai.key")).Is(HttpStatusCode.Forbidden);
        }

        async Task PutAsync(string name, string json) => (await admin.PutAsync($"credentials/{name}", json)).Is(HttpStatusCode.Created);
    }

    private static async Task TakeAsync(WatchedPage tab, string name, string path, bool isWhole)
    {
        foreach (var scheme in new[] { "light", "dark" })
        {
            await tab.Page.EmulateMediaFeaturesAsync([new MediaFeatureValue { MediaFeature = MediaFeature.PrefersColorScheme, Value = scheme }]);
            await tab.GoAsync(path);
            var picture = await tab.Page.ScreenshotDataAsync(new ScreenshotOptions { FullPage = isWhole });
            Assert.True(picture.Length > 10_000, $"The picture of {path} has {picture.Length} bytes.");
            if (Environment.GetEnvironmentVariable("AXVAULT_TESTS_UPDATE") == "pictures")
            {
                Directory.CreateDirectory(Folder);
                await File.WriteAllBytesAsync(Path.Combine(Folder, $"console-{name}-{scheme}.png"), picture, TestContext.Current.CancellationToken);
            }

            Assert.True(File.Exists(Path.Combine(Folder, $"console-{name}-{scheme}.png")), $"There is no picture of {path}, {scheme}.");
        }
    }
}
