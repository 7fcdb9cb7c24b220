using Axvault.Tests.Harness.Browsers;
using Axvault.Tests.Harness.Servers;
using PuppeteerSharp;

namespace Axvault.Tests.WebConsole;

/// <summary>A list of ten thousand credentials in Chromium.</summary>
public sealed class LongListPageTests(ConsoleBrowserFixture console) : IClassFixture<ConsoleBrowserFixture>
{
    private const int Rows = 10_000;

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task Ten_thousand_rows_come_page_by_page_and_keep_the_layout()
    {
        await InsertAsync();
        await using var tab = await console.SignInAsync();
        await tab.GoAsync("/console/credentials?q=row.&sort=use");

        for (var shown = 100; shown < Rows; shown += 100)
        {
            Assert.Equal(shown, await CountAsync(tab));
            await tab.ClickAsync("More");
            await tab.WaitForAsync($"document.querySelectorAll('td.name').length > {shown}");
        }

        Assert.Equal(Rows, await CountAsync(tab));
        Assert.Equal(Rows, await tab.Page.EvaluateExpressionAsync<int>("new Set([...document.querySelectorAll('td.name a')].map(link => link.href)).size"));
        Assert.False(await tab.Page.EvaluateExpressionAsync<bool>("document.querySelector('.more') !== null"));
        foreach (var (width, tallest) in new[] { (1280, 150), (390, 260) })
        {
            await tab.Page.SetViewportAsync(new ViewPortOptions { Width = width, Height = 900 });
            Assert.InRange(await tab.Page.EvaluateExpressionAsync<int>("document.documentElement.scrollWidth"), 1, width);
            var heights = "[...document.querySelectorAll('tbody tr')].map(row => row.getBoundingClientRect().height)";
            Assert.InRange(await tab.Page.EvaluateExpressionAsync<double>($"Math.max(...{heights})"), 20, tallest);
        }

        tab.IsClean();
    }

    private static Task<int> CountAsync(WatchedPage tab) => tab.Page.EvaluateExpressionAsync<int>("document.querySelectorAll('td.name').length");

    // Names of all lengths, some with a title, of every type and provider. Their data is never opened.
    private Task<int> InsertAsync() =>
        DatabaseContents.ExecuteAsync(
            console.Lab.ConnectionString,
            $"""
            with versions as (
              insert into axvault.credential_version (id, name, type, agent, provider, display_name, expires_at, envelope, created_at,
                updated_at, current_since)
              select gen_random_uuid(), 'row.' || to_char(n, 'FM00000') || case when n % 50 = 0 then repeat('x', 118)
                  when n % 7 = 0 then '.claude.production' else '' end,
                (array['oauth-credentials', 'oauth-token', 'api-key'])[1 + n % 3], (array[null, 'claude', 'codex'])[1 + n % 3],
                (array[null, 'anthropic', 'openai', 'gemini', 'qwen', repeat('p', 128)])[1 + n % 5 + case when n % 500 = 4 then 1 else 0 end],
                case when n % 50 = 1 then repeat('W', 256) when n % 5 = 0 then 'A login of team ' || n end,
                now() + (n - 2000) * interval '1 hour', '\x02'::bytea || sha512('x') || sha256('x'),
                now() - interval '30 days', now() - n * interval '1 minute', now()
              from generate_series(1, {Rows}) as n
              returning name, id, type, expires_at),
            pointers as (insert into axvault.credential (name, version_id) select name, id from versions)
            insert into axvault.credential_refresh (version_id, revision, token_expires_at, status, error, failed_at)
            select id, 1, expires_at, s.status, case when s.status <> 'ok' then 'invalid_grant' end, case when s.status <> 'ok' then now() end
            from versions, lateral (select (array['ok', 'ok', 'ok', 'failed', 'unknown', 'retrying'])[1 + right(substr(name, 5, 5), 2)::int % 6] as status) as s
            where type = 'oauth-credentials'
            """
        );
}
