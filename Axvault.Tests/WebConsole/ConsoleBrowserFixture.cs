using Axvault.Tests.Harness.Browsers;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;
using Axvault.Tests.Refresh;
using PuppeteerSharp;

namespace Axvault.Tests.WebConsole;

/// <summary>A server with a provider, and Chromium, for the tests of one class.</summary>
public sealed class ConsoleBrowserFixture(VaultGraph graph) : IAsyncLifetime
{
    private RefreshLab? _lab;
    private Chromium? _chromium;
    private VaultClient? _admin;

    /// <summary>The server with its database and provider.</summary>
    public RefreshLab Lab => _lab!;

    /// <summary>A client with the first key.</summary>
    public VaultClient Admin => _admin!;

    /// <summary>The address of the server.</summary>
    public Uri Address => Lab.Servers[0].Address;

    /// <summary>Opens a page of a browser in a session of its own.</summary>
    /// <param name="downloads">The folder for downloads; <see langword="null"/> to refuse them.</param>
    /// <param name="script"><see langword="false"/> for a browser without scripts; otherwise <see langword="true"/>.</param>
    /// <param name="address">The address of the server; <see langword="null"/> for that of the fixture.</param>
    internal async Task<WatchedPage> OpenAsync(string? downloads = null, bool script = true, Uri? address = null)
    {
        var tab = await _chromium!.OpenAsync(address ?? Address, downloads);
        await tab.Page.SetViewportAsync(new ViewPortOptions { Width = 1280, Height = 900 });
        await tab.Page.SetJavaScriptEnabledAsync(script);
        return tab;
    }

    /// <summary>Opens a page, and signs in.</summary>
    internal async Task<WatchedPage> SignInAsync(string? secret = null, string? downloads = null, bool script = true, Uri? address = null)
    {
        var tab = await OpenAsync(downloads, script, address);
        await SignInAsync(tab, secret ?? Admin.Secret!);
        return tab;
    }

    /// <summary>Signs in on the page of the sign-in.</summary>
    internal static async Task SignInAsync(WatchedPage tab, string secret)
    {
        await tab.GoAsync("/console");
        await tab.FillAsync("API key", secret);
        await tab.FollowAsync("Sign in");
        await tab.WaitForAsync("document.querySelector('h1').innerText === 'Overview'");
    }

    public async ValueTask InitializeAsync()
    {
        _lab = await RefreshLab.StartSharedAsync(graph);
        _admin = _lab.Admin();
        _chromium = await Chromium.LaunchAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _admin?.Dispose();
        await (_chromium?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_lab?.DisposeAsync() ?? ValueTask.CompletedTask);
    }
}
