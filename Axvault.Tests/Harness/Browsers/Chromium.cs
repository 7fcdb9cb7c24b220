using Axvault.Tests.Harness.Graph;
using PuppeteerSharp;

namespace Axvault.Tests.Harness.Browsers;

/// <summary>Chromium, which must be installed, with a profile of its own.</summary>
internal sealed class Chromium : IAsyncDisposable
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome"];

    private readonly TestFolder _profile;
    private readonly IBrowser _browser;

    private Chromium(TestFolder profile, IBrowser browser) => (_profile, _browser) = (profile, browser);

    /// <summary>Starts the browser.</summary>
    public static async Task<Chromium> LaunchAsync()
    {
        var profile = new TestFolder();
        var options = new LaunchOptions
        {
            ExecutablePath = Find(),
            UserDataDir = profile.Path,
            Args = Environment.IsPrivilegedProcess ? ["--no-sandbox"] : [],
            DefaultViewport = null,
        };
        return new Chromium(profile, await Puppeteer.LaunchAsync(options));
    }

    /// <summary>Opens a page in a session of its own: it shares no cookie with the others.</summary>
    /// <param name="server">The address of the server that the page is about.</param>
    /// <param name="downloads">The folder for downloads; <see langword="null"/> to refuse them.</param>
    public async Task<WatchedPage> OpenAsync(Uri server, string? downloads = null)
    {
        var behavior = new DownloadBehavior { Policy = downloads is null ? DownloadPolicy.Deny : DownloadPolicy.Allow, DownloadPath = downloads };
        var context = await _browser.CreateBrowserContextAsync(new BrowserContextOptions { DownloadBehavior = behavior });
        await context.SetPermissionAsync(
            server.GetLeftPart(UriPartial.Authority),
            new PermissionEntry { Permission = new PermissionDescriptor { Name = "clipboard-read" }, State = PermissionState.Granted }
        );
        return new WatchedPage(context, await context.NewPageAsync(), server);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _profile.Dispose();
    }

    private static string Find() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .SelectMany(static folder => Names.Select(name => Path.Combine(folder, name)))
            .FirstOrDefault(File.Exists)
        ?? throw new InvalidOperationException("Chromium is not installed.");
}
