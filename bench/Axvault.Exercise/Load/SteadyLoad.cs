using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Axvault.Exercise.Fleet;

namespace Axvault.Exercise.Load;

/// <summary>
/// Clients of the fleet that write, read and refresh continuously, at some hundred requests a second. No client repeats a request, so every
/// failure is seen. Acknowledged writes are remembered, and each read is checked against them.
/// </summary>
internal sealed class SteadyLoad : IAsyncDisposable
{
    private const int Writers = 4;
    private const int Readers = 4;
    private const int Logins = 16;
    private const int AccessTokenSeconds = 4;

    private static readonly TimeSpan WriterPause = TimeSpan.FromMilliseconds(40);
    private static readonly TimeSpan ReaderPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan TokenPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan FailurePause = TimeSpan.FromMilliseconds(200);

    private readonly HttpClient _http;
    private readonly OAuthProvider _provider;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, int> _acknowledged = [];
    private readonly ConcurrentDictionary<string, int> _sent = [];
    private readonly ConcurrentQueue<string> _wrong = [];
    private List<Task> _clients = [];

    /// <summary>Creates clients of the fleet at <paramref name="address"/>, with a key that may do everything.</summary>
    public SteadyLoad(Uri address, string secret, OAuthProvider provider)
    {
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false, ActivityHeadersPropagator = null })
        {
            BaseAddress = address,
            Timeout = TimeSpan.FromSeconds(30),
        };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", secret);
        _provider = provider;
    }

    /// <summary>The answers so far.</summary>
    public AnswerLog Answers { get; } = new();

    /// <summary>Reads that showed less than was acknowledged before them, or a number that was never written.</summary>
    public IReadOnlyCollection<string> Wrong => _wrong;

    /// <summary>The number of acknowledged writes.</summary>
    public int Acknowledged => Answers.Count(AnswerKind.Write);

    private static IEnumerable<string> Counters => Enumerable.Range(1, Writers).Select(static i => string.Create(CultureInfo.InvariantCulture, $"counter.{i}"));

    private static IEnumerable<string> LoginNames => Enumerable.Range(1, Logins).Select(static i => string.Create(CultureInfo.InvariantCulture, $"login.{i}"));

    /// <summary>Stores the logins, and starts the clients.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var name in LoginNames)
        {
            var (access, refresh) = await _provider.IssueAsync(name, AccessTokenSeconds, cancellationToken);
            var body = new JsonObject
            {
                ["type"] = "oauth-credentials",
                ["provider"] = OAuthProvider.Name,
                ["data"] = new JsonObject { ["access_token"] = access, ["refresh_token"] = refresh },
            };
            using var content = Json(body.ToJsonString());
            using var response = (await _http.PutAsync(Path(name), content, cancellationToken)).EnsureSuccessStatusCode();
        }

        var counters = Counters.ToList();
        _clients =
        [
            .. counters.Select(name => Task.Run(() => WriteAsync(name), CancellationToken.None)),
            .. Enumerable.Range(0, Readers).Select(i => Task.Run(() => ReadAsync(counters[i % counters.Count]), CancellationToken.None)),
            .. LoginNames.Select(name => Task.Run(() => ReadTokenAsync(name), CancellationToken.None)),
        ];
    }

    /// <summary>Lets every client finish its request, and stops them.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_clients);
    }

    /// <summary>Reads every number back.</summary>
    /// <returns>The names with less than was acknowledged, or with a number that was never written.</returns>
    public async Task<IReadOnlyList<string>> FindLostAsync(CancellationToken cancellationToken)
    {
        List<string> lost = [];
        foreach (var name in Counters)
        {
            using var response = (await _http.GetAsync(Path(name), cancellationToken)).EnsureSuccessStatusCode();
            var stored = Number(await response.Content.ReadAsStringAsync(cancellationToken));
            if (stored < _acknowledged[name] || stored > _sent[name])
            {
                lost.Add($"{name} is {stored}, but {_acknowledged[name]} was acknowledged and {_sent[name]} was sent last");
            }
        }

        return lost;
    }

    /// <summary>Refreshes every login once more, without retries, and returns those that fail because their refresh token was lost.</summary>
    public async Task<IReadOnlyList<string>> FindDeadLoginsAsync(CancellationToken cancellationToken)
    {
        List<string> dead = [];
        foreach (var name in LoginNames)
        {
            using var response = await _http.PostAsync(new Uri($"/api/v1/credentials/{name}/refresh", UriKind.Relative), null, cancellationToken);
            var body = await response.Content.ReadAsStringAsync(cancellationToken);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                dead.Add($"{name}: {(int)response.StatusCode} {ErrorOf(body)}");
            }
        }

        return dead;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _http.Dispose();
        _stop.Dispose();
    }

    private async Task WriteAsync(string name)
    {
        for (var number = 1; !_stop.IsCancellationRequested; number++)
        {
            _sent[name] = number;
            using var content = Json(string.Create(CultureInfo.InvariantCulture, $$$"""{"type":"api-key","data":{"n":{{{number}}}}}"""));
            if (await SendAsync(AnswerKind.Write, HttpMethod.Put, name, content) is not null)
            {
                _acknowledged[name] = number;
                await PauseAsync(WriterPause);
            }
        }
    }

    private async Task ReadAsync(string name)
    {
        while (!_stop.IsCancellationRequested)
        {
            if (!_acknowledged.TryGetValue(name, out var least))
            {
                await PauseAsync(ReaderPause);
                continue;
            }

            if (await SendAsync(AnswerKind.Read, HttpMethod.Get, name) is { } body)
            {
                if (Number(body) is var number && (number < least || number > _sent[name]))
                {
                    _wrong.Enqueue($"{name} was read as {number} after {least} had been acknowledged");
                }

                await PauseAsync(ReaderPause);
            }
        }
    }

    private async Task ReadTokenAsync(string name)
    {
        while (!_stop.IsCancellationRequested)
        {
            if (await SendAsync(AnswerKind.Token, HttpMethod.Get, name) is not null)
            {
                await PauseAsync(TokenPause);
            }
        }
    }

    // Returns the body; null when the request failed.
    private async Task<string?> SendAsync(AnswerKind kind, HttpMethod method, string name, HttpContent? content = null)
    {
        var (traceId, spanId) = (ActivityTraceId.CreateRandom().ToHexString(), ActivitySpanId.CreateRandom().ToHexString());
        using var request = new HttpRequestMessage(method, Path(name)) { Content = content, Headers = { { "traceparent", $"00-{traceId}-{spanId}-01" } } };
        try
        {
            using var response = await _http.SendAsync(request, CancellationToken.None);
            var body = await response.Content.ReadAsStringAsync(CancellationToken.None);
            if (response.IsSuccessStatusCode)
            {
                Answers.Succeed(kind, traceId);
                if (response.Headers.Contains("X-Axvault-Refreshed"))
                {
                    Answers.Refresh(succeeded: true);
                }
                else if (response.Headers.Contains("X-Axvault-Refresh-Failed"))
                {
                    Answers.Refresh(succeeded: false);
                }

                return body;
            }

            Answers.Fail(kind, $"{(int)response.StatusCode} {ErrorOf(body)}");
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException or IOException)
        {
            Answers.Fail(kind, exception is HttpRequestException { HttpRequestError: var error } ? error.ToString() : exception.GetType().Name);
        }

        await PauseAsync(FailurePause);
        return null;
    }

    private async Task PauseAsync(TimeSpan pause)
    {
        try
        {
            await Task.Delay(pause, _stop.Token);
        }
        catch (OperationCanceledException)
        {
            // The load has been stopped.
        }
    }

    private static Uri Path(string name) => new($"/api/v1/credentials/{name}", UriKind.Relative);

    private static StringContent Json(string json) => new(json, Encoding.UTF8, "application/json");

    private static int Number(string body) => JsonElement.Parse(body).GetProperty("data").GetProperty("n").GetInt32();

    // Problem details have a code; an answer of the balancer itself does not.
    private static string ErrorOf(string body)
    {
        try
        {
            var problem = JsonElement.Parse(body);
            return $"{problem.GetProperty("error").GetString()}: {problem.GetProperty("detail").GetString()}";
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return "answered by the balancer";
        }
    }
}
