namespace Axvault.Api.Broker.Usage;

/// <summary>Reads the use of tokens from an answer on its way to the client. The answer is neither changed nor kept.</summary>
internal sealed class UsageMeter : IDisposable
{
    private readonly UsageScanner _scanner = new();
    private EventStreamReader? _events;
    private WebSocketReader? _messages;
    private bool _isJson;
    private TokenUsage? _sum;

    /// <summary>The bytes that were seen.</summary>
    public long Bytes { get; private set; }

    /// <summary><see langword="true"/> when the answer was read to its end; otherwise <see langword="false"/>.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Begins with an answer, whose header says its form.</summary>
    public void Begin(HttpResponseMessage answer, bool isWebSocket)
    {
        if (isWebSocket)
        {
            // A socket has many answers.
            _messages = new WebSocketReader(_scanner, Sum);
        }
        else if (answer.Content.Headers.ContentEncoding.All(static coding => coding.Equals("identity", StringComparison.OrdinalIgnoreCase)))
        {
            var type = answer.Content.Headers.ContentType?.MediaType;
            _events = "text/event-stream".Equals(type, StringComparison.OrdinalIgnoreCase) ? new EventStreamReader(_scanner) : null;
            _isJson = "application/json".Equals(type, StringComparison.OrdinalIgnoreCase);
        }
    }

    /// <summary>Sees the next bytes of the answer.</summary>
    public void See(ReadOnlySpan<byte> bytes)
    {
        Bytes += bytes.Length;
        _messages?.Feed(bytes);
        _events?.Feed(bytes);
        if (_isJson)
        {
            _scanner.Feed(bytes);
        }
    }

    /// <summary>Sees the end of the answer.</summary>
    public void End() => HasEnded = true;

    /// <summary>Returns the use so far; <see langword="null"/> when the answer told nothing.</summary>
    public TokenUsage? Read()
    {
        Sum();
        return _sum;
    }

    /// <inheritdoc />
    public void Dispose() => _scanner.Dispose();

    private void Sum()
    {
        if (_scanner.Take() is { } usage)
        {
            _sum = _sum is null
                ? usage
                : new TokenUsage(
                    usage.Model ?? _sum.Model,
                    _sum.Input + usage.Input,
                    _sum.Output + usage.Output,
                    _sum.CacheRead + usage.CacheRead,
                    _sum.CacheWrite + usage.CacheWrite
                );
        }
    }
}
