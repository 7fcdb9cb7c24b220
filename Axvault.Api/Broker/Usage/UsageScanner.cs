using System.Buffers;
using System.Text.Json;

namespace Axvault.Api.Broker.Usage;

/// <summary>
/// Finds the use of tokens and the model in JSON that arrives in pieces: of Anthropic's Messages, OpenAI's Responses and Chat Completions, and Gemini. Several
/// documents of one answer add to one result, in which the greatest number counts: the streams repeat their sums.
/// </summary>
/// <remarks>Only names and numbers of known places are looked at. Nothing of an answer is kept but the piece of a token that has not ended.</remarks>
internal sealed class UsageScanner : IDisposable
{
    // A longer text is read as an empty one. It is an image, or the words of the client, which OpenAI repeats before it tells the use.
    private const int MaxTokenBytes = 48 * 1024;

    // With a token that has not ended, a piece fits into a buffer of 64 KiB.
    private const int PieceBytes = 16 * 1024;
    private const int MaxDepth = 5;
    private const int MaxModelLength = 128;

    // No call uses so many. Sums of greater numbers could exceed the range of the database, and no use would be written any more.
    private const long MaxTokens = 1_000_000_000;

    // usage: {…} of Anthropic and OpenAI, usageMetadata: {…} of Gemini; below message or response in events of streams.
    private static readonly string[] Containers =
    [
        "usage",
        "usageMetadata",
        "message",
        "response",
        "input_tokens_details",
        "prompt_tokens_details",
    ];

    private static readonly string[] Fields =
    [
        "model",
        "modelVersion",
        "input_tokens",
        "output_tokens",
        "cache_read_input_tokens",
        "cache_creation_input_tokens",
        "prompt_tokens",
        "completion_tokens",
        "cached_tokens",
        "promptTokenCount",
        "toolUsePromptTokenCount",
        "candidatesTokenCount",
        "thoughtsTokenCount",
        "cachedContentTokenCount",
    ];

    private readonly string?[] _names = new string?[MaxDepth + 1];
    private readonly Dictionary<string, long> _numbers = [];
    private byte[] _rest = [];
    private int _length;

    // The length of the rest at which it is read again. It doubles, so that a long text in small pieces is not read once for each piece.
    private int _next;
    private JsonReaderState _state;
    private SkippedText _skipped;
    private bool _isDead;
    private string? _model;

    /// <summary>Reads a piece of a document.</summary>
    public void Feed(ReadOnlySpan<byte> bytes)
    {
        while (!_isDead && !bytes.IsEmpty)
        {
            if (_skipped.IsOpen)
            {
                bytes = _skipped.Skip(bytes);
                continue;
            }

            var length = Math.Min(bytes.Length, PieceBytes);
            FeedPiece(bytes[..length]);
            bytes = bytes[length..];
        }
    }

    /// <summary>Ends a document. The next piece begins another one.</summary>
    public void EndDocument()
    {
        ReadRest();
        (_length, _state, _skipped, _isDead) = (0, default, default, false);
        Array.Clear(_names);
    }

    /// <summary>Returns the use that was found, and forgets it; <see langword="null"/> when there was none.</summary>
    public TokenUsage? Take()
    {
        ReadRest();
        if (_numbers.Count == 0)
        {
            return null;
        }

        // OpenAI and Gemini count cached tokens among those of the input.
        var cached = Number("cached_tokens") + Number("cachedContentTokenCount");
        var usage = new TokenUsage(
            _model,
            Math.Max(0, Number("input_tokens") + Number("prompt_tokens") + Number("promptTokenCount") + Number("toolUsePromptTokenCount") - cached),
            Number("output_tokens") + Number("completion_tokens") + Number("candidatesTokenCount") + Number("thoughtsTokenCount"),
            cached + Number("cache_read_input_tokens"),
            Number("cache_creation_input_tokens")
        );
        _numbers.Clear();
        return usage;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        if (_rest.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_rest);
            _rest = [];
        }
    }

    private void FeedPiece(ReadOnlySpan<byte> bytes)
    {
        if (_length == 0)
        {
            Keep(bytes[Read(bytes)..]);
            return;
        }

        Append(bytes);
        if (_length >= _next || _length > MaxTokenBytes)
        {
            ReadRest();
        }

        if (_length > MaxTokenBytes)
        {
            SkipText();
        }
    }

    // The rest is one token that has not ended, after a comma or colon. Of a text only the quotes stay.
    private void SkipText()
    {
        var token = _rest.AsSpan(0, _length).TrimStart(" \t\r\n,:"u8);
        if (!token.StartsWith((byte)'"'))
        {
            (_isDead, _length) = (true, 0);
            return;
        }

        var start = _length - token.Length + 1;
        var end = _skipped.Begin(token[1..]);
        end.CopyTo(_rest.AsSpan(start));
        (_length, _next) = (start + end.Length, 0);
        _isDead = _length > MaxTokenBytes;
    }

    private void ReadRest()
    {
        if (_isDead || _length == 0)
        {
            return;
        }

        var read = Read(_rest.AsSpan(0, _length));
        _rest.AsSpan(read, _length - read).CopyTo(_rest);
        _length -= read;
        _next = _length * 2;
    }

    // Returns the number of bytes that were read.
    private int Read(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var reader = new Utf8JsonReader(bytes, isFinalBlock: false, _state);
            while (reader.Read())
            {
                See(ref reader);
            }

            _state = reader.CurrentState;
            return (int)reader.BytesConsumed;
        }
        catch (JsonException)
        {
            _isDead = true;
            return bytes.Length;
        }
    }

    private void See(ref Utf8JsonReader reader)
    {
        var depth = reader.CurrentDepth;
        switch (reader.TokenType)
        {
            case JsonTokenType.StartArray when depth < MaxDepth:
                // The elements of an array have no names.
                _names[depth + 1] = null;
                break;
            case JsonTokenType.PropertyName when depth <= MaxDepth:
                _names[depth] = Find(ref reader, Containers) ?? Find(ref reader, Fields) ?? "";
                break;
            case JsonTokenType.Number
                when depth is > 1 and <= MaxDepth && IsUsage(depth) && reader.TryGetInt64(out var number) && number is >= 0 and <= MaxTokens:
                _numbers[_names[depth]!] = Math.Max(number, Number(_names[depth]!));
                break;
            case JsonTokenType.String when depth is >= 1 and <= MaxDepth && _names[depth] is "model" or "modelVersion" && IsPrefix(depth - 1):
                _model = ReadText(ref reader) is { Length: > 0 and <= MaxModelLength } model && !model.Any(char.IsControl) ? model : _model;
                break;
        }
    }

    private bool IsUsage(int depth) =>
        _names[depth] is { Length: > 0 } name
        && Fields.Contains(name)
        && (
            (_names[depth - 1] is "usage" or "usageMetadata" && IsPrefix(depth - 2))
            || (depth > 2 && _names[depth - 1] is "input_tokens_details" or "prompt_tokens_details" && _names[depth - 2] is "usage" && IsPrefix(depth - 3))
        );

    // Null stands for an element of an array: Gemini's streams without events are one array.
    private bool IsPrefix(int depth)
    {
        for (var i = 1; i <= depth; i++)
        {
            if (_names[i] is not (null or "message" or "response"))
            {
                return false;
            }
        }

        return true;
    }

    private long Number(string name) => _numbers.GetValueOrDefault(name);

    // A reader throws for half of a surrogate pair.
    private static string? ReadText(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static string? Find(ref Utf8JsonReader reader, string[] names)
    {
        if (reader.ValueIsEscaped)
        {
            // No provider escapes these names, and half of a surrogate pair cannot be compared.
            return null;
        }

        foreach (var name in names)
        {
            if (reader.ValueTextEquals(name))
            {
                return name;
            }
        }

        return null;
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.IsEmpty && !_isDead)
        {
            Append(bytes);
            _next = _length * 2;
        }
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        var length = _length + bytes.Length;
        if (length > _rest.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(length);
            _rest.AsSpan(0, _length).CopyTo(larger);
            Dispose();
            _rest = larger;
        }

        bytes.CopyTo(_rest.AsSpan(_length));
        _length = length;
    }
}
