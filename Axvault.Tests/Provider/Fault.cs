using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Axvault.Tests.Provider;

/// <summary>
/// What a <see cref="FaultProxy"/> does with one request: whether and when the provider gets it, and what the client is told. By itself a fault
/// of the network or of a gateway keeps the request from the provider; <see cref="AfterForwarding"/> turns it into the worse one, whose refresh
/// token is used up.
/// </summary>
public sealed record Fault
{
    private readonly Func<FaultExchange, Task> _reply;

    private Fault(bool forwards, Func<FaultExchange, Task> reply) => (Forwards, _reply) = (forwards, reply);

    /// <summary>None: the provider is asked, and its answer passed on.</summary>
    public static Fault None { get; } = new(forwards: true, PassOnAsync);

    /// <summary>The connection is cut when the request has been read; the provider never sees it.</summary>
    public static Fault CutBefore { get; } = new(forwards: false, CutAsync);

    /// <summary>The connection is cut when the provider has answered; the client gets nothing.</summary>
    public static Fault CutAfter { get; } = CutBefore.AfterForwarding();

    /// <summary>Nothing is ever answered, and the provider never sees the request.</summary>
    public static Fault Hang { get; } = new(forwards: false, static exchange => exchange.WaitForEndAsync());

    /// <summary>The provider's answer begins, headers and half of the body, and then nothing comes.</summary>
    public static Fault Stall { get; } = new(forwards: true, StallAsync);

    /// <summary>The provider's answer ends in the middle of its announced length, with the connection closed in order: a reset may overtake what was sent.</summary>
    public static Fault Truncated { get; } = new(forwards: true, SendHalfAsync);

    /// <summary>The provider's answer is followed by ever more.</summary>
    public static Fault Endless { get; } = new(forwards: true, SendEndlesslyAsync);

    /// <summary>Whether the provider is asked.</summary>
    public bool Forwards { get; private init; }

    /// <summary>How long the request is on its way. The provider gets it afterwards even when the client has gone.</summary>
    public TimeSpan DelayBefore { get; init; }

    /// <summary>How long the answer is on its way back.</summary>
    public TimeSpan DelayAfter { get; init; }

    /// <summary>An answer that is not the provider's.</summary>
    /// <param name="status">Any status.</param>
    /// <param name="body">Any body.</param>
    /// <param name="contentType">The body's type; <see langword="null"/> for none.</param>
    /// <param name="retryAfter">The header <c>Retry-After</c>: seconds or a date.</param>
    public static Fault Answer(int status, string body = "", string? contentType = "application/json", string? retryAfter = null) =>
        new(forwards: false, exchange => SendAsync(exchange, status, body, contentType, retryAfter));

    /// <summary>An OAuth error (RFC 6749 §5.2), or what some providers make of it: an error with another status, 200 for one.</summary>
    public static Fault Error(string error, int status = 400) => Answer(status, new JsonObject { ["error"] = error }.ToJsonString());

    /// <summary>Too many requests.</summary>
    public static Fault TooManyRequests(TimeSpan retryAfter) =>
        Answer(429, """{"error":"rate_limited"}""", retryAfter: ((int)retryAfter.TotalSeconds).ToString(CultureInfo.InvariantCulture));

    /// <summary>A redirection (302, 307) to where <see cref="FaultProxy.Followed"/> tells who came.</summary>
    public static Fault Redirect(int status) => new(forwards: false, exchange => RedirectAsync(exchange, status));

    /// <summary>The provider grants, and what comes back as 200 is <paramref name="body"/>.</summary>
    public static Fault Malformed(string body = """{"access_token":""") => Answer(200, body).AfterForwarding();

    /// <summary>The provider's answer with so much in front that it has <paramref name="bytes"/> bytes, or a few more; it is good JSON.</summary>
    public static Fault Huge(int bytes) => Rewrite(answer => answer.Insert(0, "padding", new string('x', Math.Max(0, bytes - 2))));

    /// <summary>The provider's answer with its members changed: as by providers that give no new refresh token, or no lifetime.</summary>
    public static Fault Rewrite(Action<JsonObject> change) => new(forwards: true, exchange => RewriteAsync(exchange, change));

    /// <summary>The same for the client, but the provider gets the request first, and acts on it.</summary>
    public Fault AfterForwarding() => this with { Forwards = true };

    /// <summary>Answers the client.</summary>
    internal Task ReplyAsync(FaultExchange exchange) => _reply(exchange);

    private static Task PassOnAsync(FaultExchange exchange)
    {
        var answer = exchange.Provider;
        exchange.Begin(answer.Status, answer.ContentType, answer.Body.Length).Headers.CacheControl = answer.CacheControl;
        return exchange.SendAsync(answer.Body);
    }

    private static Task CutAsync(FaultExchange exchange)
    {
        exchange.Cut();
        return Task.CompletedTask;
    }

    private static async Task StallAsync(FaultExchange exchange)
    {
        await SendHalfAsync(exchange);
        await exchange.WaitForEndAsync();
    }

    private static Task SendHalfAsync(FaultExchange exchange)
    {
        var answer = exchange.Provider;
        exchange.Begin(answer.Status, answer.ContentType, answer.Body.Length);
        return exchange.SendAsync(answer.Body.AsMemory(0, answer.Body.Length / 2));
    }

    private static async Task SendEndlesslyAsync(FaultExchange exchange)
    {
        var answer = exchange.Provider;
        exchange.Begin(answer.Status, answer.ContentType);
        await exchange.SendAsync(answer.Body);
        var more = new byte[64 * 1024];
        more.AsSpan().Fill((byte)' ');
        while (true)
        {
            await exchange.SendAsync(more);
        }
    }

    private static Task SendAsync(FaultExchange exchange, int status, string body, string? contentType, string? retryAfter)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        exchange.Begin(status, contentType, bytes.Length).Headers.RetryAfter = retryAfter;
        return exchange.SendAsync(bytes);
    }

    private static Task RedirectAsync(FaultExchange exchange, int status)
    {
        exchange.Begin(status, contentType: null, length: 0).Headers.Location = exchange.RedirectTarget.AbsoluteUri;
        return exchange.SendAsync(default);
    }

    private static Task RewriteAsync(FaultExchange exchange, Action<JsonObject> change)
    {
        var answer = exchange.Provider;
        var json = JsonNode.Parse(answer.Body)!.AsObject();
        change(json);
        return SendAsync(exchange, answer.Status, json.ToJsonString(), answer.ContentType, retryAfter: null);
    }
}
