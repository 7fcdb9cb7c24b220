using System.Net;
using System.Text.Json;
using Axvault.Tests.Harness.Browsers;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Leaks;

namespace Axvault.Tests.WebConsole;

/// <summary>The acts on credentials, by clicks in Chromium.</summary>
public sealed class CredentialActPageTests(ConsoleBrowserFixture console) : IClassFixture<ConsoleBrowserFixture>
{
    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_pasted_login_is_recognized_and_stored()
    {
        await using var tab = await console.SignInAsync();
        var token = NewToken();
        await tab.FollowAsync("Credentials");
        await tab.FollowAsync("Store a credential");
        await tab.FillAsync("Name", "pasted");
        await tab.FillAsync("The agent's file", LoginOf(token));
        await tab.ClickAsync("More about it");
        await tab.FillAsync("A name for people", "The team's login");
        await tab.FillAsync("Notes", "A line\nand another");

        await tab.FollowAsync("Look at it");

        await tab.ShowsAsync("Claude login");
        await tab.ShowsAsync("a subscription of type max");
        Assert.DoesNotContain(token, await tab.Page.GetContentAsync(), StringComparison.Ordinal);
        await tab.FollowAsync("Store it");
        await tab.ShowsAsync("The credential is stored.");
        await tab.ShowsAsync("The team's login");
        var stored = (await console.Admin.GetAsync("credentials/pasted")).Is(HttpStatusCode.OK).Json;
        Assert.Equal(token, stored.GetProperty("data").GetProperty("claudeAiOauth").GetProperty("accessToken").GetString());
        Assert.Equal("A line\nand another", stored.GetProperty("notes").GetString()!.ReplaceLineEndings("\n"));
        tab.IsClean();
    }

    [Theory(Explicit = true)]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Category", "Long")]
    public async Task A_chosen_file_is_stored_with_and_without_scripts(bool script)
    {
        using var folder = new TestFolder();
        var (file, token, name) = (Path.Combine(folder.Path, ".credentials.json"), NewToken(), $"file-{script}");
        await File.WriteAllTextAsync(file, LoginOf(token), TestContext.Current.CancellationToken);
        await using var tab = await console.SignInAsync(script: script);
        await tab.GoAsync("/console/put");
        await tab.FillAsync("Name", name);
        await (await tab.FieldAsync("Or choose the file")).UploadFileAsync(file);
        if (script)
        {
            await tab.WaitForAsync("document.querySelector('textarea[name=data]').value.includes('claudeAiOauth')");
        }

        await tab.FollowAsync("Look at it");
        await tab.FollowAsync("Store it");

        var data = (await console.Admin.GetAsync($"credentials/{name}")).Is(HttpStatusCode.OK).Json.GetProperty("data");
        Assert.Equal(token, data.GetProperty("claudeAiOauth").GetProperty("accessToken").GetString());
        tab.IsClean();
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_refused_form_keeps_what_was_written_but_the_secret()
    {
        await using var tab = await console.SignInAsync();
        await tab.GoAsync("/console/put");
        await tab.FillAsync("Name", "refused");
        await tab.FillAsync("The agent's file", "canary-not-json");

        await tab.FollowAsync("Look at it");

        await tab.ShowsAsync("The text is not a JSON object.");
        Assert.Equal("refused", await tab.Page.EvaluateExpressionAsync<string>("document.querySelector('[name=name]').value"));
        Assert.DoesNotContain("canary", await tab.Page.GetContentAsync(), StringComparison.Ordinal);
        tab.IsClean(400);
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_login_is_refreshed_at_the_providers_and_restored_from_a_version()
    {
        var first = await console.Lab.PutAsync("refreshed");
        await using var tab = await console.SignInAsync();
        await tab.GoAsync("/console/credentials/refreshed");

        await tab.FollowAsync("Refresh now");

        await tab.ShowsAsync("The credential was refreshed.");
        await tab.ShowsAsync("new tokens");
        var second = await AccessTokenAsync("refreshed");
        Assert.NotEqual(first.AccessToken, second);
        await console.Lab.PutAsync("refreshed");
        Assert.NotEqual(second, await AccessTokenAsync("refreshed"));
        await tab.GoAsync("/console/credentials/refreshed");
        await tab.FollowAsync("Restore");
        await tab.ShowsAsync("The version is current again.");
        Assert.Contains("Make this version the current one?", Assert.Single(tab.Questions), StringComparison.Ordinal);
        Assert.Equal(second, await AccessTokenAsync("refreshed"));
        await tab.ShowsAsync("Bootstrap Admin");
        tab.IsClean();
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_credential_is_deleted_brought_back_and_removed_for_good()
    {
        (await console.Admin.PutCredentialAsync("removed")).Is(HttpStatusCode.Created);
        await using var tab = await console.SignInAsync();

        await tab.GoAsync("/console/credentials/removed");
        await tab.FollowAsync("Delete");
        await tab.ShowsAsync("The credential is deleted.");
        (await console.Admin.GetAsync("credentials/removed")).IsNotFound();

        await tab.FollowAsync("Deleted ones");
        await tab.FollowAsync("Bring back");
        await tab.ShowsAsync("The credential is back.");
        (await console.Admin.GetAsync("credentials/removed")).Is(HttpStatusCode.OK);

        await tab.FollowAsync("Remove for good");
        await tab.ShowsAsync("The credential is gone for good.");
        Assert.Equal(2, tab.Questions.Count);
        (await console.Admin.GetAsync("credentials/removed")).IsNotFound();
        await tab.GoAsync("/console/credentials/deleted");
        Assert.DoesNotContain("removed", (await tab.TextAsync()).Replace("Remove for good", "", StringComparison.Ordinal), StringComparison.Ordinal);
        tab.IsClean();
    }

    [Theory(Explicit = true)]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Category", "Long")]
    public async Task The_next_page_of_a_list_comes_with_and_without_scripts(bool script)
    {
        var prefix = $"many-{script}".ToLowerInvariant();
        for (var i = 0; i < 103; i++)
        {
            (await console.Admin.PutCredentialAsync($"{prefix}-{i:000}")).Is(HttpStatusCode.Created);
        }

        await using var tab = await console.SignInAsync(script: script);
        await tab.GoAsync("/console/credentials");
        await tab.FillAsync("Contains", prefix);
        await tab.FollowAsync("Show");
        Assert.Equal(100, await RowsAsync(tab));

        if (script)
        {
            var before = tab.Address;
            await tab.ClickAsync("More");
            await tab.ShowsAsync($"{prefix}-102");
            Assert.Equal((103, before), (await RowsAsync(tab), tab.Address));
        }
        else
        {
            await tab.FollowAsync("More");
            Assert.Equal(3, await RowsAsync(tab));
        }

        await tab.FollowAsync($"{prefix}-102");
        Assert.Equal($"/console/credentials/{prefix}-102", tab.Address);
        tab.IsClean();
    }

    private static Task<int> RowsAsync(WatchedPage tab) => tab.Page.EvaluateExpressionAsync<int>("document.querySelectorAll('tbody td.name').length");

    private async Task<string> AccessTokenAsync(string name) =>
        (await console.Admin.GetAsync($"credentials/{name}")).Is(HttpStatusCode.OK).Json.GetProperty("data").GetProperty("access_token").GetString()!;

    private static string NewToken()
    {
        var token = $"canary-{Guid.NewGuid():N}";
        LeakWatch.Secrets.Add(token, SecretKind.CredentialData);
        return token;
    }

    private static string LoginOf(string token) =>
        JsonSerializer.Serialize(
            new
            {
                claudeAiOauth = new
                {
                    accessToken = token,
                    refreshToken = $"r-{token}",
                    expiresAt = 4102444800000,
                    subscriptionType = "max",
                },
            }
        );
}
