using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Axvault.Tests.Harness.Provider;

/// <summary>
/// The way a <see cref="FaultProxy"/> treats one request: whether and when the provider gets it, and the client's answer. By default, the
/// provider does not get a request with a fault of the network or of a gateway. <see cref="AfterForwarding"/> makes the worse fault of it:
/// the provider acts first, so the refresh token is used up.
/// </summary>
public sealed record Fault
{
    private readonly Func<FaultExchange, Task> _reply;

    private Fault(bool forwards, Func<FaultExchange, Task> reply) => (Forwards, _reply) = (forwards, reply);

    /// <summary>No fault: the provider is asked, and its answer passed on.</summary>
    public static Fault None { get; } = new(forwards: true, PassOnAsync);

    /// <summary>Cuts the connection when the request has been read. The provider never sees it.</summary>
    public static Fault CutBefore { get; } = new(forwards: false, CutAsync);

    /// <summary>Cuts the connection when the provider has answered. The client gets nothing.</summary>
    public static Fault CutAfter { get; } = CutBefore.AfterForwarding();

    /// <summary>Never answers. The provider never sees the request.</summary>
    public static Fault Hang { get; } = new(forwards: false, static exchange => exchange.WaitForEndAsync());

    /// <summary>Sends the headers and half of the body of the provider's answer, and then nothing more.</summary>
    public static Fault Stall { get; } = new(forwards: true, StallAsync);

    /// <summary>
    /// Ends the provider's answer before its announced length. The connection is closed in order, because a reset may overtake the bytes sent.
    /// </summary>
    public static Fault Truncated { get; } = new(forwards: true, SendHalfAsync);

    /// <summary>Sends the provider's answer, followed by padding without end.</summary>
    public static Fault Endless { get; } = new(forwards: true, SendEndlesslyAsync);

    /// <summary><see langword="true"/> when the provider gets the request; otherwise <see langword="false"/>.</summary>
    public bool Forwards { get; private init; }

    /// <summary>The delay before the request is forwarded. The provider gets it even when the client has gone.</summary>
    public TimeSpan DelayBefore { get; init; }

    /// <summary>The delay before the client is answered.</summary>
    public TimeSpan DelayAfter { get; init; }

    /// <summary>Returns a fault with an answer that is not the provider's.</summary>
    /// <param name="status">The status of the answer.</param>
    /// <param name="body">The body of the answer.</param>
    /// <param name="contentType">The content type; <see langword="null"/> for none.</param>
    /// <param name="retryAfter">The <c>Retry-After</c> header: seconds or a date; <see langword="null"/> for none.</param>
    public static Fault Answer(int status, string body = "", string? contentType = "application/json", string? retryAfter = null) =>
        new(forwards: false, exchange => SendAsync(exchange, status, body, contentType, retryAfter));

    /// <summary>Returns an OAuth error (RFC 6749 §5.2). Some providers send it with another status, even 200.</summary>
    public static Fault Error(string error, int status = 400) => Answer(status, new JsonObject { ["error"] = error }.ToJsonString());

    /// <summary>Returns a refusal with status 429 and a <c>Retry-After</c> header.</summary>
    public static Fault TooManyRequests(TimeSpan retryAfter) =>
        Answer(429, """{"error":"rate_limited"}""", retryAfter: ((int)retryAfter.TotalSeconds).ToString(CultureInfo.InvariantCulture));

    /// <summary>Returns a redirection (302, 307). <see cref="FaultProxy.Followed"/> records the clients that follow it.</summary>
    public static Fault Redirect(int status) => new(forwards: false, exchange => RedirectAsync(exchange, status));

    /// <summary>Returns a grant whose answer the client gets as 200 with <paramref name="body"/>.</summary>
    public static Fault Malformed(string body = """{"access_token":""") => Answer(200, body).AfterForwarding();

    /// <summary>Returns the provider's answer, padded to at least <paramref name="bytes"/> bytes. It stays valid JSON.</summary>
    public static Fault Huge(int bytes) => Rewrite(answer => answer.Insert(0, "padding", new string('x', Math.Max(0, bytes - 2))));

    /// <summary>Returns the provider's answer with changed members, as from a provider that sends no new refresh token or no lifetime.</summary>
    public static Fault Rewrite(Action<JsonObject> change) => new(forwards: true, exchange => RewriteAsync(exchange, change));

    /// <summary>Returns the provider's answer, with its body encoded in another way.</summary>
    /// <param name="encode">Returns the bytes to send for those of the provider.</param>
    /// <param name="coding">The content coding to announce; <see langword="null"/> for none.</param>
    public static Fault Encode(Func<byte[], byte[]> encode, string? coding = null) => new(forwards: true, exchange => EncodeAsync(exchange, encode, coding));

    /// <summary>Returns the same fault for the client, but the provider gets the request first and acts on it.</summary>
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

    private static Task EncodeAsync(FaultExchange exchange, Func<byte[], byte[]> encode, string? coding)
    {
        var answer = exchange.Provider;
        var body = encode(answer.Body);
        exchange.Begin(answer.Status, answer.ContentType, body.Length).Headers.ContentEncoding = coding;
        return exchange.SendAsync(body);
    }

    private static Task RewriteAsync(FaultExchange exchange, Action<JsonObject> change)
    {
        var answer = exchange.Provider;
        var json = JsonNode.Parse(answer.Body)!.AsObject();
        change(json);
        return SendAsync(exchange, answer.Status, json.ToJsonString(), answer.ContentType, retryAfter: null);
    }
}
