using System.Collections.Concurrent;
using System.Text.Json;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;
using PuppeteerSharp;

namespace Axvault.Tests.Reference;

/// <summary>The reference page in Chromium, which must be installed.</summary>
public sealed class ReferencePageTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    private const string TokenField = "input.scalar-password-input[placeholder=Token]";

    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome"];

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_call_from_the_page_works_and_the_page_contacts_only_the_server()
    {
        using var profile = new TestFolder();
        await using var browser = await Puppeteer.LaunchAsync(
            new LaunchOptions
            {
                ExecutablePath = FindChromium(),
                UserDataDir = profile.Path,
                Args = Environment.IsPrivilegedProcess ? ["--no-sandbox"] : [],
                DefaultViewport = new ViewPortOptions { Width = 1500, Height = 1000 },
            }
        );
        var page = (await browser.PagesAsync())[0];
        var (requests, complaints) = Watch(page);

        await page.GoToAsync($"{vault.Server.Address}docs", WaitUntilNavigation.Networkidle0);
        Assert.Equal("Axvault API", await page.GetTitleAsync());
        await page.GoToAsync($"{vault.Server.Address}docs/#tag/keys/GET/api/v1/keys", WaitUntilNavigation.Networkidle0);
        await page.ReloadAsync();
        await page.WaitForSelectorAsync(TokenField);
        await page.FocusAsync(TokenField);
        await page.Keyboard.TypeAsync(vault.Admin.Secret!);
        await ClickAsync(page, "Test Request(get /api/v1/keys)");
        await ClickAsync(page, "Send get request");
        await WaitForAsync(
            page,
            "[...document.querySelectorAll('[role=dialog]')]"
                + ".some(dialog => dialog.innerText.includes('200 OK') && dialog.innerText.includes('Bootstrap Admin'))"
        );

        await page.ReloadAsync();
        await page.WaitForSelectorAsync(TokenField);
        Assert.Equal("", await page.EvaluateExpressionAsync<string>($"document.querySelector('{TokenField}').value"));
        Assert.Contains(requests, request =>
            request.Url.Split('?')[0] == $"{vault.Server.Address}api/v1/keys" && request.Headers["authorization"] == $"Bearer {vault.Admin.Secret}"
        );
        Assert.All(requests, request => Assert.Equal(vault.Server.Address.Authority, new Uri(request.Url).Authority));
        Assert.Empty(complaints);
    }

    // The requests that the page sends over the network, and its errors, breaches of its content security policy included.
    private static (ConcurrentQueue<IRequest> Requests, ConcurrentQueue<string> Complaints) Watch(IPage page)
    {
        var (requests, complaints) = (new ConcurrentQueue<IRequest>(), new ConcurrentQueue<string>());
        page.Request += (_, sent) =>
        {
            if (!sent.Request.Url.StartsWith("data:", StringComparison.Ordinal) && !sent.Request.Url.StartsWith("blob:", StringComparison.Ordinal))
            {
                requests.Enqueue(sent.Request);
            }
        };
        page.PageError += (_, error) => complaints.Enqueue(error.Message);
        page.Console += (_, line) =>
        {
            if (line.Message.Type is ConsoleType.Error or ConsoleType.Warning)
            {
                complaints.Enqueue(line.Message.Text);
            }
        };
        return (requests, complaints);
    }

    // Finds the button by its text, as a user does.
    private static async Task ClickAsync(IPage page, string words)
    {
        var find = $"[...document.querySelectorAll('button')].find(button => button.textContent.includes({JsonSerializer.Serialize(words)}))";
        await WaitForAsync(page, $"{find} !== undefined");
        await page.EvaluateExpressionAsync($"{find}.click()");
    }

    private static Task WaitForAsync(IPage page, string expression) =>
        Until.HoldsAsync(() => page.EvaluateExpressionAsync<bool>(expression), $"the page satisfies {expression}");

    private static string FindChromium() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .SelectMany(static folder => Names.Select(name => Path.Combine(folder, name)))
            .FirstOrDefault(File.Exists)
        ?? throw new InvalidOperationException("Chromium is not installed.");
}
