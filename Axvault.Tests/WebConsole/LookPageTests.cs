using Axvault.Tests.Harness;
using Axvault.Tests.Harness.Browsers;
using Axvault.Tests.Harness.Issuer;
using Axvault.Tests.Harness.Packages;
using Axvault.Tests.Refresh;
using PuppeteerSharp;

namespace Axvault.Tests.WebConsole;

/// <summary>The look of every page: WCAG 2.2 AA by axe-core, light and dark, on a desk and on a phone, with hostile titles and notes in it.</summary>
public sealed class LookPageTests(ConsoleBrowserFixture console) : IClassFixture<ConsoleBrowserFixture>
{
    private const string Script = "<script>window.pwned=1</script><img src=x onerror=\"window.pwned=1\">'\"`--><svg onload=window.pwned=1>{{7+7}}";

    private static readonly NpmFolder Npm = new(
        "console-tests",
        Path.Combine(SourceTree.Root, "Axvault.Tests", "WebConsole", "npm"),
        ["ci", "--ignore-scripts"]
    );

    public static TheoryData<string, string> Titles =>
        new()
        {
            { "plain", "A title" },
            { "script", Script },
            { "rtl", "\u202Eevil\u2066 \u0645\u0631\u062D\u0628\u0627 \u202D\u200F\u2029 end" },
            { "long", new string('W', 256) },
        };

    [Theory(Explicit = true)]
    [MemberData(nameof(Titles))]
    [Trait("Category", "Long")]
    public async Task No_page_is_broken_runs_a_script_or_has_an_axe_violation(string name, string title)
    {
        var content = await ConsoleContent.PutAsync(console.Admin, $"look-{name}", title, $"{title}\n{title}");
        var key = await console.Admin.CreateKeyAsync(["*"], ["*"], ["*"], ConsoleContent.WithoutHidden(title));
        await using var tab = await console.OpenAsync();
        List<string> faults = [];
        await tab.GoAsync("/console/nothing");
        await CheckAsync(tab, faults);
        await tab.GoAsync("/console");
        await CheckAsync(tab, faults);
        await tab.FillAsync("API key", "wrong");
        await tab.FollowAsync("Sign in");
        await CheckAsync(tab, faults);
        await ConsoleBrowserFixture.SignInAsync(tab, key.Secret);

        foreach (var page in ConsoleRoutes.Pages.Where(static page => page is not ("/console/audit/export" or "/console/audit/live")))
        {
            await tab.GoAsync(content.Path(page));
            await CheckAsync(tab, faults);
        }

        string[] variants = ["/console/audit?live=on", $"/console/put?name={content.Name}", "/console/credentials/nothing", "/console/credentials?q=nothing"];
        foreach (var page in variants)
        {
            await tab.GoAsync(page);
            await CheckAsync(tab, faults);
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults));
        Assert.Empty(tab.Questions);
        tab.IsClean(401, 404);
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task No_page_after_a_form_is_broken_or_has_an_axe_violation()
    {
        var content = await ConsoleContent.PutAsync(console.Admin, "formed");
        await console.Lab.PutAsync("formed.login");
        await console.Lab.PutAsync("formed.again", RefreshLab.LoginProviderName);
        await using var tab = await console.SignInAsync();
        List<string> faults = [];

        await tab.GoAsync("/console/put");
        await tab.FillAsync("Name", content.Name);
        await tab.FillAsync("The agent's file", "{}");
        await NextAsync("Look at it");
        await tab.ClickAsync("More about it");
        await CheckAsync(tab, faults);
        await tab.FillAsync("The agent's file", """{"access_token":"formed-access","refresh_token":"formed-refresh"}""");
        await NextAsync("Look at it");
        await NextAsync("Store it");

        await tab.GoAsync("/console/credentials/formed.login");
        await NextAsync("Refresh now");

        await tab.GoAsync("/console/credentials/formed.again/login");
        await CheckAsync(tab, faults);
        await NextAsync("Log in with a code");
        await NextAsync("Leave it");
        await NextAsync("Log in and paste the address");
        await tab.FillAsync("The address", "nonsense");
        await NextAsync("Store the login");

        await tab.GoAsync("/console/keys/new");
        await tab.FillAsync("Name", "formed");
        await tab.FillAsync("Reads", "not a name!");
        await NextAsync("Make the key");
        await tab.FillAsync("Reads", "*");
        await NextAsync("Make the key");
        await NextAsync("Go to the key");
        await tab.ClickAsync("Change the key");
        await CheckAsync(tab, faults);

        using var signing = SigningKey.Ec();
        await tab.GoAsync(content.Path("/console/workloads/rules/{rule}"));
        await tab.ClickAsync("Change the rule");
        await tab.FillAsync("Token", signing.Sign("{}"));
        await NextAsync("Try it");

        await tab.GoAsync("/console/audit/verification");
        await NextAsync("Verify now");

        Assert.True(faults.Count == 0, string.Join('\n', faults));
        tab.IsClean(400);

        async Task NextAsync(string words)
        {
            await tab.FollowAsync(words);
            await CheckAsync(tab, faults);
        }
    }

    // Looks at the page as it is, in each mode.
    private static async Task CheckAsync(WatchedPage tab, List<string> faults)
    {
        var axe = Path.Combine(await Npm.FindModulesAsync(), "axe-core", "axe.min.js");
        await tab.Page.EvaluateExpressionAsync(await File.ReadAllTextAsync(axe, TestContext.Current.CancellationToken));
        foreach (var (width, scheme) in new[] { (1280, "light"), (1280, "dark"), (390, "light"), (390, "dark") })
        {
            await tab.Page.SetViewportAsync(new ViewPortOptions { Width = width, Height = 900 });
            await tab.Page.EmulateMediaFeaturesAsync([new MediaFeatureValue { MediaFeature = MediaFeature.PrefersColorScheme, Value = scheme }]);
            var found = await tab.Page.EvaluateFunctionAsync<string[]>(
                """
                async () => {
                  const faults = [];
                  if (document.documentElement.scrollWidth > window.innerWidth) {
                    const wide = [...document.querySelectorAll('body *')].filter(element => element.getBoundingClientRect().right > window.innerWidth + 1);
                    const by = wide.slice(0, 3).map(element => element.outerHTML.slice(0, 80)).join(' | ');
                    faults.push(`is ${document.documentElement.scrollWidth} px wide by ${by}`);
                  }
                  if ('pwned' in window) {
                    faults.push('has run a script');
                  }
                  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
                  const result = await axe.run(document, { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] });
                  for (const violation of result.violations) {
                    for (const node of violation.nodes) {
                      const why = node.any.concat(node.all).map(check => check.message).join('; ').slice(0, 200);
                      faults.push(`${violation.id}: ${node.html.slice(0, 160)}: ${why}`);
                    }
                  }
                  return faults;
                }
                """
            );
            faults.AddRange(found.Select(fault => $"{tab.Address} at {width} px, {scheme}: {fault}"));
        }
    }
}
