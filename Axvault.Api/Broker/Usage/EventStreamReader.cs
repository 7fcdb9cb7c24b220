namespace Axvault.Api.Broker.Usage;

/// <summary>Shows the data of server-sent events (WHATWG HTML §9.2.6) to a scanner, each event as one document.</summary>
internal sealed class EventStreamReader(UsageScanner scanner)
{
    private static readonly byte[] Data = "data:"u8.ToArray();

    // The number of characters of the line; those of "data:" that matched, or -1 for another line.
    private int _length;
    private int _matched;

    /// <summary>Reads a piece of the stream.</summary>
    public void Feed(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var end = bytes.IndexOfAny((byte)'\n', (byte)'\r');
            FeedLine(end < 0 ? bytes : bytes[..end]);
            if (end < 0)
            {
                return;
            }

            EndLine(bytes[end]);
            bytes = bytes[(end + 1)..];
        }
    }

    private void FeedLine(ReadOnlySpan<byte> bytes)
    {
        _length += bytes.Length;
        while (_matched >= 0 && _matched < Data.Length && !bytes.IsEmpty)
        {
            _matched = bytes[0] == Data[_matched] ? _matched + 1 : -1;
            bytes = bytes[1..];
        }

        if (_matched == Data.Length)
        {
            scanner.Feed(bytes);
        }
    }

    // A line ends with CR, LF or both. The second of both ends an empty line, so only LF ends an event, or CR twice.
    private void EndLine(byte end)
    {
        if (_length == 0 && (end == '\n' ? !_afterReturn : true))
        {
            scanner.EndDocument();
        }

        _afterReturn = end == '\r';
        (_length, _matched) = (0, 0);
    }

    private bool _afterReturn;
}
