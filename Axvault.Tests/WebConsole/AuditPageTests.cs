using System.Net;
using Axvault.Tests.Audit;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.WebConsole;

/// <summary>The audit log and its verification, in Chromium.</summary>
public sealed class AuditPageTests(ConsoleBrowserFixture console) : IClassFixture<ConsoleBrowserFixture>
{
    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task The_log_is_filtered_and_exported_as_it_is_shown()
    {
        using var folder = new TestFolder();
        (await console.Admin.PutCredentialAsync("logged")).Is(HttpStatusCode.Created);
        (await console.Admin.PutCredentialAsync("unlogged")).Is(HttpStatusCode.Created);
        (await console.Admin.GetAsync("credentials/logged")).Is(HttpStatusCode.OK);
        await using var tab = await console.SignInAsync(downloads: folder.Path);
        await tab.FollowAsync("Audit");
        await tab.FillAsync("Action", "credential.put");
        await tab.FillAsync("Credential", "logged");
        await tab.ChooseAsync("Outcome", "success");

        await tab.FollowAsync("Show");

        Assert.Equal(1, await tab.Page.EvaluateExpressionAsync<int>("document.querySelectorAll('tbody tr').length"));
        await tab.ShowsAsync("credential.put");
        await tab.ClickAsync("Export these");
        var file = Path.Combine(folder.Path, "axvault-audit.ndjson");
        await Until.HoldsAsync(() => File.Exists(file), "the log is downloaded");
        var entry = Assert.Single(ListedEntries.Lines(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)));
        Assert.Equal(("credential.put", "logged"), (ListedEntries.Text(entry, "action"), ListedEntries.Text(entry, "target")));
        tab.IsClean();
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task New_entries_appear_by_themselves_on_the_live_page()
    {
        await using var tab = await console.SignInAsync();
        await tab.GoAsync("/console/audit");
        await tab.FillAsync("Credential", "alive");
        await (await tab.FieldAsync("live")).ClickAsync();
        await tab.FollowAsync("Show");
        Assert.DoesNotContain("credential.put", await tab.TextAsync(), StringComparison.Ordinal);

        (await console.Admin.PutCredentialAsync("alive")).Is(HttpStatusCode.Created);
        await tab.ShowsAsync("credential.put");
        (await console.Admin.DeleteAsync("credentials/alive")).Is(HttpStatusCode.NoContent);
        await tab.ShowsAsync("credential.delete");
        await tab.WaitForAsync("[...document.querySelectorAll('tbody time')].every(time => time.title.length > 0)");
        tab.IsClean();
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_live_page_leads_to_the_sign_in_when_its_session_ends()
    {
        var key = await console.Admin.CreateKeyAsync(["*"], ["*"], ["*"]);
        await using var tab = await console.SignInAsync(key.Secret);
        await tab.GoAsync("/console/audit?live=on");

        (await console.Admin.DeleteAsync($"keys/{key.Id}")).Is(HttpStatusCode.NoContent);

        await tab.ShowsAsync("Sign in with an API key.");
        tab.IsClean();
    }

    [Theory(Explicit = true)]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Category", "Long")]
    public async Task Earlier_entries_come_with_and_without_scripts(bool script)
    {
        for (var i = 0; i < 105; i++)
        {
            (await console.Admin.GetAsync($"credentials/earlier-{script}")).IsNotFound();
        }

        await using var tab = await console.SignInAsync(script: script);
        await tab.GoAsync($"/console/audit?credential=earlier-{script}");
        const string rows = "[...document.querySelectorAll('tbody td')].filter(cell => cell.textContent === 'credential.read').length";
        Assert.Equal(100, await tab.Page.EvaluateExpressionAsync<int>(rows));

        await tab.ClickAsync("Earlier ones");

        await tab.WaitForAsync($"{rows} === {(script ? 105 : 5)}");
        tab.IsClean();
    }

    [Theory(Explicit = true)]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Category", "Long")]
    public async Task The_log_is_verified_and_its_anchor_taken_to_the_next_verification(bool script)
    {
        await using var tab = await console.SignInAsync(script: script);
        await tab.GoAsync("/console/audit");
        await tab.FollowAsync("Verify the log");

        await tab.ClickAsync("Verify now");

        await tab.ShowsAsync("The log is intact:");
        var anchor = await tab.Page.EvaluateExpressionAsync<string>("document.getElementById('anchor').textContent");
        await tab.FillAsync("Anchor of an earlier verification", anchor);
        await tab.ClickAsync("Verify now");
        await tab.WaitForAsync("document.querySelector('[name=anchor]').value === ''");
        await tab.ShowsAsync("The log is intact:");
        await tab.FillAsync("Anchor of an earlier verification", "no anchor");
        await tab.ClickAsync("Verify now");
        await tab.WaitForAsync("!document.body.innerText.includes('The log is intact:') && document.querySelector('[role=alert]') !== null");
        tab.IsClean(400);
    }
}
