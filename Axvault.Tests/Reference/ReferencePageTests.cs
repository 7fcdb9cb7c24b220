using Axvault.Tests.Harness.Browsers;
using Axvault.Tests.Harness.Servers;
using PuppeteerSharp;

namespace Axvault.Tests.Reference;

/// <summary>The reference page in Chromium, which must be installed.</summary>
public sealed class ReferencePageTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    private const string TokenField = "input.scalar-password-input[placeholder=Token]";

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_call_from_the_page_works_and_the_page_contacts_only_the_server()
    {
        await using var chromium = await Chromium.LaunchAsync();
        await using var watched = await chromium.OpenAsync(vault.Server.Address);
        var page = watched.Page;
        await page.SetViewportAsync(new ViewPortOptions { Width = 1500, Height = 1000 });

        await page.GoToAsync($"{vault.Server.Address}docs", WaitUntilNavigation.Networkidle0);
        Assert.Equal("Axvault API", await page.GetTitleAsync());
        await page.GoToAsync($"{vault.Server.Address}docs/#tag/keys/GET/api/v1/keys", WaitUntilNavigation.Networkidle0);
        await page.ReloadAsync();
        await page.WaitForSelectorAsync(TokenField);
        await page.FocusAsync(TokenField);
        await page.Keyboard.TypeAsync(vault.Admin.Secret!);
        await watched.ClickAsync("Test Request(get /api/v1/keys)");
        await watched.ClickAsync("Send get request");
        await watched.WaitForAsync(
            "[...document.querySelectorAll('[role=dialog]')]"
                + ".some(dialog => dialog.innerText.includes('200 OK') && dialog.innerText.includes('Bootstrap Admin'))"
        );

        await page.ReloadAsync();
        await page.WaitForSelectorAsync(TokenField);
        Assert.Equal("", await page.EvaluateExpressionAsync<string>($"document.querySelector('{TokenField}').value"));
        Assert.Contains(watched.Requests, request =>
            request.Url.Split('?')[0] == $"{vault.Server.Address}api/v1/keys" && request.Headers["authorization"] == $"Bearer {vault.Admin.Secret}"
        );
        watched.IsClean();
    }
}
