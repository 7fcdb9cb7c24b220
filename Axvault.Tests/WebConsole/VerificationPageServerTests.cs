using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Axvault.Api.WebConsole.Layout;
using Axvault.Tests.Harness.Servers;
using Npgsql;

namespace Axvault.Tests.WebConsole;

/// <summary>The page of a verification, which is sent while the verification runs.</summary>
public sealed partial class VerificationPageServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    [Fact]
    public async Task A_page_tells_the_progress_and_then_the_result()
    {
        for (var i = 0; i < 20; i++)
        {
            (await vault.Admin.GetAsync("credentials")).Is(HttpStatusCode.OK);
        }

        using var browser = await PlainBrowser.SignInAsync(vault.Server, vault.Admin.Secret);
        await browser.FormTokenAsync();
        // The rules are read after the last entry, so the verification waits there.
        await using var connection = await DatabaseContents.OpenAsync(vault.ConnectionString);
        await using var transaction = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await using (var command = new NpgsqlCommand("lock table axvault.rule in access exclusive mode", connection, transaction))
        {
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        using var answer = await browser.BeginFormAsync("/console/audit/verification");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        var page = new StringBuilder();
        while (!IsAtEnd(page.ToString()))
        {
            page.AppendLine(await reader.ReadLineAsync(TestContext.Current.CancellationToken) ?? throw new EndOfStreamException(page.ToString()));
        }

        Assert.DoesNotContain("The log is", page.ToString(), StringComparison.Ordinal);
        await transaction.RollbackAsync(TestContext.Current.CancellationToken);
        page.Append(await reader.ReadToEndAsync(TestContext.Current.CancellationToken));

        var steps = Step().Matches(page.ToString()).Select(static step => (Checked: Number(step.Groups[2]), All: Number(step.Groups[1]))).ToList();
        Assert.All(steps, step => Assert.InRange(step.Checked, 0, step.All));
        Assert.Equal(steps.Order(), steps);
        Assert.True(steps[^1].All > 20);
        Assert.Contains($"The log is intact: {Words.Number(steps[^1].All)} entries in", WebUtility.HtmlDecode(page.ToString()), StringComparison.Ordinal);
        Assert.EndsWith("</html>", page.ToString().TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_and_a_short_verification_are_whole_pages()
    {
        using var browser = await PlainBrowser.SignInAsync(vault.Server, vault.Admin.Secret);

        Assert.Contains("The log is intact", (await browser.PostFormAsync("/console/audit/verification")).Is(HttpStatusCode.OK).Text, StringComparison.Ordinal);
        (await browser.PostFormAsync("/console/audit/verification", ("anchor", "no anchor"))).Is(HttpStatusCode.BadRequest);
        using var reader = await PlainBrowser.SignInWithNewKeyAsync(vault, read: ["*"]);
        (await reader.PostFormAsync("/console/audit/verification")).Is(HttpStatusCode.Forbidden);
    }

    private static bool IsAtEnd(string page) => Step().Matches(page).Any(static step => step.Groups[1].Value == step.Groups[2].Value);

    private static long Number(Group digits) => long.Parse(digits.ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex("""<progress max="(\d+)" value="(\d+)" aria-label="The verification is running"></progress>""")]
    private static partial Regex Step();
}
