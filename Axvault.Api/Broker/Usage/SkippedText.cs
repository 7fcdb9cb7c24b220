namespace Axvault.Api.Broker.Usage;

/// <summary>The place in a JSON text that is skipped up to the quote at its end, in any pieces (RFC 8259 §7).</summary>
internal struct SkippedText
{
    private bool _isEscaped;

    /// <summary><see langword="true"/> between the quotes of a skipped text; otherwise <see langword="false"/>.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>Begins with the bytes after the quote at the start of a text. Returns those from the quote at its end on; none when it has not ended.</summary>
    public ReadOnlySpan<byte> Begin(ReadOnlySpan<byte> bytes)
    {
        (IsOpen, _isEscaped) = (true, false);
        return Skip(bytes);
    }

    /// <summary>Skips the next bytes of the text. Returns those from the quote at its end on; none when it has not ended.</summary>
    public ReadOnlySpan<byte> Skip(ReadOnlySpan<byte> bytes)
    {
        if (_isEscaped && !bytes.IsEmpty)
        {
            bytes = bytes[1..];
            _isEscaped = false;
        }

        while (bytes.IndexOfAny((byte)'"', (byte)'\\') is >= 0 and var at)
        {
            if (bytes[at] == '"')
            {
                IsOpen = false;
                return bytes[at..];
            }

            if (at + 1 == bytes.Length)
            {
                _isEscaped = true;
                return [];
            }

            bytes = bytes[(at + 2)..];
        }

        return [];
    }
}
