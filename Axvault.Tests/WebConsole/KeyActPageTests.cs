using System.Net;
using Axvault.Tests.Harness.Browsers;
using Axvault.Tests.Harness.Leaks;

namespace Axvault.Tests.WebConsole;

/// <summary>The acts on keys, by clicks in Chromium.</summary>
public sealed class KeyActPageTests(ConsoleBrowserFixture console) : IClassFixture<ConsoleBrowserFixture>
{
    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_new_key_is_shown_once_copied_changed_given_a_new_secret_and_ended()
    {
        (await console.Admin.PutCredentialAsync("keyed.a")).Is(HttpStatusCode.Created);
        await using var tab = await console.SignInAsync();
        await tab.FollowAsync("Keys");
        await tab.FollowAsync("New key");
        await tab.FillAsync("Name", "A browser's key");
        await tab.FillAsync("Reads", "keyed.*\nother");
        await tab.FillAsync("Calls a minute", "60");
        await tab.FollowAsync("Make the key");

        // It works, and no later page has it.
        var secret = await SecretAsync(tab);
        await tab.ClickAsync("Copy");
        await tab.ShowsAsync("Copied");
        Assert.Equal(secret, await tab.Page.EvaluateExpressionAsync<string>("navigator.clipboard.readText()"));
        await tab.ShowsAsync("Reads every name that starts with keyed. and other");
        using var client = console.Admin.With(secret);
        (await client.GetAsync("credentials/keyed.a")).Is(HttpStatusCode.OK);
        await tab.FollowAsync("Go to the key");
        Assert.DoesNotContain(secret, await tab.Page.GetContentAsync(), StringComparison.Ordinal);
        await tab.ShowsAsync("Makes at most 60 calls a minute");

        await tab.ClickAsync("Change the key");
        await tab.FillAsync("Reads", "other");
        await tab.FollowAsync("Save the change");
        await tab.ShowsAsync("The key is changed.");
        (await client.GetAsync("credentials/keyed.a")).IsForbidden();

        await tab.FillAsync("The present one works for", "0");
        await tab.FollowAsync("Give a new secret");
        var second = await SecretAsync(tab);
        Assert.NotEqual(secret, second);
        (await client.GetAsync("credentials/other")).IsUnauthorized();
        using var again = console.Admin.With(second);
        (await again.GetAsync("credentials/other")).IsNotFound();

        await tab.FollowAsync("Go to the key");
        await tab.FollowAsync("End the key");
        await tab.ShowsAsync("The key has ended.");
        Assert.Equal("End this key now? Nothing brings it back.", Assert.Single(tab.Questions));
        (await again.GetAsync("credentials/other")).IsUnauthorized();
        Assert.DoesNotContain("A browser's key", await tab.TextAsync(), StringComparison.Ordinal);
        tab.IsClean();
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_form_with_a_wrong_field_comes_back_as_it_was_filled_in()
    {
        await using var tab = await console.SignInAsync();
        await tab.GoAsync("/console/keys/new");
        await tab.FillAsync("Name", "A wrong key");
        await tab.FillAsync("Reads", "not a name!");
        await tab.FillAsync("Works only from", "10.0.0.0/99");

        await tab.FollowAsync("Make the key");

        Assert.Equal("/console/keys/new", tab.Address);
        await tab.WaitForAsync("document.querySelector('.failure[role=alert]') !== null");
        Assert.Equal("A wrong key", await tab.Page.EvaluateExpressionAsync<string>("document.querySelector('[name=name]').value"));
        Assert.Equal("10.0.0.0/99", await tab.Page.EvaluateExpressionAsync<string>("document.querySelector('[name=cidrs]').value"));
        tab.IsClean(400);
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task Two_sessions_at_once_see_only_what_is_theirs()
    {
        (await console.Admin.PutCredentialAsync("first.only")).Is(HttpStatusCode.Created);
        (await console.Admin.PutCredentialAsync("second.only")).Is(HttpStatusCode.Created);
        var ended = await console.Admin.CreateKeyAsync(read: ["first.*"], name: "First");
        var lasting = await console.Admin.CreateKeyAsync(read: ["second.*"], name: "Second");
        await using var first = await console.SignInAsync(ended.Secret);
        await using var second = await console.SignInAsync(lasting.Secret);

        for (var i = 0; i < 3; i++)
        {
            await Task.WhenAll(first.GoAsync("/console/credentials"), second.GoAsync("/console/credentials"));
            await SeesAsync(first, "First", "first.only", "second.only");
            await SeesAsync(second, "Second", "second.only", "first.only");
        }

        // The end of one is not the end of the other.
        (await console.Admin.DeleteAsync($"keys/{ended.Id}")).Is(HttpStatusCode.NoContent);
        await Task.WhenAll(first.GoAsync("/console/credentials"), second.GoAsync("/console/credentials"));
        await first.ShowsAsync("Sign in with an API key.");
        Assert.Empty(await first.Page.GetCookiesAsync());
        await SeesAsync(second, "Second", "second.only", "first.only");
        await second.FollowAsync("Sign out");
        await second.GoAsync("/console/credentials");
        await second.ShowsAsync("Sign in with an API key.");
        first.IsClean();
        second.IsClean();
    }

    private static async Task SeesAsync(WatchedPage tab, string name, string mine, string others)
    {
        var text = await tab.TextAsync();
        Assert.Contains(name, text, StringComparison.Ordinal);
        Assert.Contains(mine, text, StringComparison.Ordinal);
        Assert.DoesNotContain(others, text, StringComparison.Ordinal);
    }

    private static async Task<string> SecretAsync(WatchedPage tab)
    {
        await tab.ShowsAsync("It is shown this once");
        var secret = await tab.Page.EvaluateExpressionAsync<string>("document.getElementById('secret').textContent");
        LeakWatch.Secrets.Add(secret, SecretKind.CreatedKey);
        return secret;
    }
}
