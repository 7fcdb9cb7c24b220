using System.Collections.Concurrent;
using System.Text.Json;
using Axvault.Tests.Harness.Servers;
using PuppeteerSharp;

namespace Axvault.Tests.Harness.Browsers;

/// <summary>A page of Chromium that is used as a person uses it, by words and labels. Disposal closes its session.</summary>
internal sealed class WatchedPage : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly Uri _server;
    private readonly ConcurrentQueue<IRequest> _requests = new();
    private readonly ConcurrentQueue<string> _complaints = new();
    private readonly ConcurrentQueue<string> _questions = new();

    public WatchedPage(IBrowserContext context, IPage page, Uri server)
    {
        (_context, Page, _server) = (context, page, server);
        page.Request += (_, sent) =>
        {
            if (!sent.Request.Url.StartsWith("data:", StringComparison.Ordinal) && !sent.Request.Url.StartsWith("blob:", StringComparison.Ordinal))
            {
                _requests.Enqueue(sent.Request);
            }
        };
        page.PageError += (_, error) => _complaints.Enqueue(error.Message);
        page.Console += (_, line) =>
        {
            if (line.Message.Type is ConsoleType.Error or ConsoleType.Warning)
            {
                _complaints.Enqueue(line.Message.Text);
            }
        };
        page.Dialog += async (_, shown) =>
        {
            _questions.Enqueue(shown.Dialog.Message);
            await shown.Dialog.Accept();
        };
    }

    /// <summary>The page.</summary>
    public IPage Page { get; }

    /// <summary>The requests that the page has sent over the network.</summary>
    public IReadOnlyCollection<IRequest> Requests => _requests;

    /// <summary>The errors and warnings of the page, breaches of its content security policy included.</summary>
    public IReadOnlyCollection<string> Complaints => _complaints;

    /// <summary>The dialogs that the page has shown. Each was accepted.</summary>
    public IReadOnlyCollection<string> Questions => _questions;

    /// <summary>The path of the page, with its query.</summary>
    public string Address => new Uri(Page.Url).PathAndQuery;

    /// <summary>Loads a page of the server.</summary>
    public Task GoAsync(string path) => Page.GoToAsync(new Uri(_server, path).ToString(), WaitUntilNavigation.Load);

    /// <summary>Returns the visible text of the page.</summary>
    public Task<string> TextAsync() => Page.EvaluateExpressionAsync<string>("document.body.innerText");

    /// <summary>Waits until the page shows <paramref name="text"/>.</summary>
    public Task ShowsAsync(string text) =>
        WaitForAsync($"document.body.innerText.includes({JsonSerializer.Serialize(text)})");

    /// <summary>Waits until an expression holds.</summary>
    public Task WaitForAsync(string expression) =>
        Until.HoldsAsync(
            async () =>
            {
                try
                {
                    return await Page.EvaluateExpressionAsync<bool>(expression);
                }
                catch (PuppeteerException)
                {
                    // The page is being left.
                    return false;
                }
            },
            $"the page satisfies {expression}"
        );

    /// <summary>Clicks the button, link or summary with exactly these words, or else the first that contains them.</summary>
    public async Task ClickAsync(string words)
    {
        var text = JsonSerializer.Serialize(words);
        var all = "[...document.querySelectorAll('button, a, summary')].filter(element => element.checkVisibility())";
        var find = $"({all}.find(element => element.textContent.trim() === {text}) ?? {all}.find(element => element.textContent.includes({text})))";
        await WaitForAsync($"{find} !== undefined");
        await (await ElementAsync(find)).ClickAsync();
    }

    /// <summary>Clicks as <see cref="ClickAsync"/>, and waits for the page that follows.</summary>
    public Task FollowAsync(string words) => LeadsOnAsync(() => ClickAsync(words));

    /// <summary>Does an act, and waits for the page that follows.</summary>
    public async Task LeadsOnAsync(Func<Task> act)
    {
        var next = Page.WaitForNavigationAsync(new NavigationOptions { WaitUntil = [WaitUntilNavigation.Load] });
        await act();
        await next;
    }

    /// <summary>Writes into the field with this label, in place of its text.</summary>
    public async Task FillAsync(string label, string text)
    {
        var field = await FieldAsync(label);
        await field.FocusAsync();
        await field.EvaluateFunctionAsync("field => field.select?.()");
        await Page.Keyboard.PressAsync("Delete");
        await Page.Keyboard.SendCharacterAsync(text);
    }

    /// <summary>Chooses an option of the list with this label.</summary>
    public async Task ChooseAsync(string label, string value) => await (await FieldAsync(label)).SelectAsync(value);

    /// <summary>Returns the field with this label.</summary>
    public async Task<IElementHandle> FieldAsync(string label)
    {
        var text = JsonSerializer.Serialize(label);
        var find =
            "[...document.querySelectorAll('label')].filter(label => label.checkVisibility())"
            + $".find(label => label.innerText.trim().startsWith({text}))?.control";
        await WaitForAsync($"{find} instanceof HTMLElement");
        return await ElementAsync(find);
    }

    /// <summary>Asserts that no script failed, no rule of the page was broken, and no other host was asked.</summary>
    /// <param name="statuses">The statuses of answers that the test has provoked, which the browser reports as errors.</param>
    public void IsClean(params int[] statuses)
    {
        Assert.DoesNotContain(_complaints, complaint => !statuses.Any(status => Tells(complaint, status)));
        Assert.All(_requests, request => Assert.Equal(_server.Authority, new Uri(request.Url).Authority));
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync() => await _context.CloseAsync();

    // The words of the browser, and of htmx.
    private static bool Tells(string complaint, int status) =>
        complaint.Contains($"status of {status} ", StringComparison.Ordinal) || complaint.Contains($"Error Code {status} ", StringComparison.Ordinal);

    private async Task<IElementHandle> ElementAsync(string expression) => (IElementHandle)await Page.EvaluateExpressionHandleAsync(expression);
}
