using System.Net;
using Axvault.Tests.Harness.Browsers;
using Axvault.Tests.Harness.Servers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Axvault.Tests.WebConsole;

/// <summary>A hostile site in the browser of someone who is signed in.</summary>
public sealed class ForgeryPageTests(ConsoleBrowserFixture console) : IClassFixture<ConsoleBrowserFixture>
{
    // The browser sends the cookie from another port of the same host, and not from another host.
    [Theory(Explicit = true)]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    [Trait("Category", "Long")]
    public async Task A_hostile_site_sends_no_form_frames_no_page_and_reads_none(string host)
    {
        (await console.Admin.PutCredentialAsync("coveted")).Is(HttpStatusCode.Created);
        await using var tab = await console.SignInAsync();
        await tab.GoAsync("/console/credentials/coveted");
        var token = await tab.Page.EvaluateExpressionAsync<string>("document.querySelector('[name=form-token]').value");
        Assert.Equal("", await tab.Page.EvaluateExpressionAsync<string>("document.cookie"));
        await using var site = await ServeAsync(
            $"""
            <!DOCTYPE html><title>Prizes</title>
            <form method="post" action="{console.Address}console/credentials/coveted/delete">
            <input name="form-token" value="{token}"><button>Win</button></form>
            <iframe src="{console.Address}console"></iframe>
            <script src="{console.Address}console/keys"></script>
            """
        );
        await tab.Page.GoToAsync($"http://{host}:{new Uri(site.Urls.Single()).Port}/");

        var read = await tab.Page.EvaluateFunctionAsync<string>(
            "url => fetch(url, { credentials: 'include' }).then(answer => answer.text(), error => error.name)",
            $"{console.Address}console/keys"
        );
        Assert.Equal("TypeError", read);
        Assert.All(tab.Page.Frames.Skip(1), static frame => Assert.DoesNotContain("/console", frame.Url, StringComparison.Ordinal));
        await tab.FollowAsync("Win");
        await tab.ShowsAsync("The form was sent from another site.");
        (await console.Admin.GetAsync("credentials/coveted")).Is(HttpStatusCode.OK);

        await tab.GoAsync("/console/credentials/coveted");
        Assert.Equal("coveted", await HeadingAsync(tab));
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_script_in_a_page_does_not_run()
    {
        await using var tab = await console.SignInAsync();

        await tab.Page.EvaluateExpressionAsync(
            """
            document.body.insertAdjacentHTML('beforeend', '<img src="/nothing" onerror="window.pwned=1"><a id="link" href="javascript:window.pwned=1">x</a>');
            const script = document.createElement('script');
            script.textContent = 'window.pwned = 1';
            document.body.append(script);
            document.getElementById('link').click();
            """
        );

        await Until.HoldsAsync(
            () => tab.Complaints.Count(static complaint => complaint.Contains("Content Security Policy", StringComparison.Ordinal)) >= 3,
            () => $"the browser has refused three scripts: {string.Join('\n', tab.Complaints)}"
        );
        Assert.False(await tab.Page.EvaluateExpressionAsync<bool>("'pwned' in window"));
    }

    private static Task<string> HeadingAsync(WatchedPage tab) => tab.Page.EvaluateExpressionAsync<string>("document.querySelector('h1').textContent");

    private static async Task<WebApplication> ServeAsync(string page)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var site = builder.Build();
        site.Run(context =>
        {
            context.Response.ContentType = "text/html";
            return context.Response.WriteAsync(page);
        });
        await site.StartAsync(TestContext.Current.CancellationToken);
        return site;
    }
}
