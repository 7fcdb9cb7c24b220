using System.Net;
using System.Text.RegularExpressions;
using Axvault.Tests.Harness;
using Axvault.Tests.Harness.Packages;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.WebConsole;

/// <summary>The styles, scripts and icon of the pages.</summary>
public sealed partial class AssetServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    private static readonly string Folder = Path.Combine(SourceTree.Root, "Axvault.Api", "WebConsole", "Assets");
    private static readonly NpmFolder Npm = new("console-assets", Path.Combine(Folder, "npm"), ["ci", "--ignore-scripts"]);

    [Fact]
    public async Task A_page_names_every_asset_by_its_content_and_a_browser_keeps_it()
    {
        using var browser = new PlainBrowser(vault.Server);
        var page = (await browser.GetAsync("/console/sign-in")).Is(HttpStatusCode.OK).Text;
        var paths = Asset().Matches(page).Select(static match => match.Value).Distinct().ToList();

        Assert.Equal(4, paths.Count);
        foreach (var path in paths)
        {
            var answer = await browser.GetAsync(path);
            Assert.Equal(HttpStatusCode.OK, answer.Status);
            Assert.Equal("public, max-age=31536000, immutable", answer.Headers["Cache-Control"]);
            Assert.Equal("nosniff", answer.Headers["X-Content-Type-Options"]);
            Assert.False(answer.Headers.ContainsKey("Vary"));
            Assert.Equal(
                Path.GetExtension(path.Split('?')[0]) switch
                {
                    ".css" => "text/css",
                    ".js" => "text/javascript",
                    _ => "image/svg+xml",
                },
                answer.ContentType
            );
            Assert.Equal(await ReadAsync(Folder, Path.GetFileName(path.Split('?')[0])), answer.Bytes);
        }
    }

    [Theory]
    [InlineData("nothing.js")]
    [InlineData("ConsoleAssets.cs")]
    [InlineData("..%2Fnpm%2Fpackage.json")]
    [InlineData("%2e%2e/npm/package.json")]
    public async Task There_is_no_other_asset(string name)
    {
        using var browser = new PlainBrowser(vault.Server);

        Assert.True((await browser.GetAsync($"/console/assets/{name}")).Status is HttpStatusCode.NotFound or HttpStatusCode.BadRequest);
    }

    [Fact]
    public void No_page_has_a_script_or_a_style_in_it() =>
        Assert.DoesNotContain(
            Directory
                .EnumerateFiles(Path.Combine(Folder, ".."), "*.cshtml", SearchOption.AllDirectories)
                .Select(static file => (file, text: File.ReadAllText(file))),
            static page => Inline().IsMatch(page.text)
        );

    [Fact]
    public async Task The_script_of_others_is_the_one_of_the_npm_package()
    {
        var package = Path.Combine(await Npm.FindModulesAsync(), "htmx.org");

        Assert.Equal(await ReadAsync(package, "dist", "htmx.min.js"), await ReadAsync(Folder, "htmx.min.js"));
        Assert.Equal(await ReadAsync(package, "LICENSE"), await ReadAsync(SourceTree.Root, "LICENSES", "0BSD.txt"));
    }

    private static Task<byte[]> ReadAsync(params string[] path) => File.ReadAllBytesAsync(Path.Combine(path), TestContext.Current.CancellationToken);

    [GeneratedRegex("/console/assets/[a-z.]+\\?v=[0-9a-f]{16}")]
    private static partial Regex Asset();

    [GeneratedRegex(@"<script(?! src=)|<style|\son\w+=|\sstyle=|\shx-on|javascript:", RegexOptions.IgnoreCase)]
    private static partial Regex Inline();
}
