using System.Buffers.Binary;

namespace Axvault.Api.Broker.Usage;

/// <summary>Shows the text messages of a server's websocket frames (RFC 6455 §5.2) to a scanner, each message as one document.</summary>
/// <remarks>The frames of a server have no mask. Compression is never agreed on, because its header does not pass.</remarks>
internal sealed class WebSocketReader(UsageScanner scanner, Action onMessage)
{
    private const int MaxHeaderBytes = 10;
    private const int OpcodeBits = 0x0F;
    private const int LengthBits = 0x7F;
    private const byte Final = 0x80;
    private const byte Text = 1;
    private const byte Continuation = 0;

    private readonly byte[] _header = new byte[MaxHeaderBytes];
    private int _headerLength;
    private ulong _left;
    private bool _isText;

    /// <summary>Reads a piece of the stream.</summary>
    public void Feed(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_left == 0)
            {
                _header[_headerLength++] = bytes[0];
                bytes = bytes[1..];
                if (_headerLength < HeaderLength())
                {
                    continue;
                }

                Begin();
            }

            var part = bytes[..(int)Math.Min((ulong)bytes.Length, _left)];
            if (IsData && _isText)
            {
                scanner.Feed(part);
            }

            bytes = bytes[part.Length..];
            _left -= (ulong)part.Length;
            if (_left == 0)
            {
                End();
            }
        }
    }

    private bool IsData => (_header[0] & OpcodeBits) is Text or Continuation;

    private int HeaderLength() =>
        _headerLength < 2 ? 2
        : (_header[1] & LengthBits) switch
        {
            126 => 4,
            127 => MaxHeaderBytes,
            _ => 2,
        };

    private void Begin()
    {
        _left = (_header[1] & LengthBits) switch
        {
            126 => BinaryPrimitives.ReadUInt16BigEndian(_header.AsSpan(2)),
            127 => BinaryPrimitives.ReadUInt64BigEndian(_header.AsSpan(2)),
            var length => (ulong)length,
        };
        if ((_header[0] & OpcodeBits) is not Continuation and < 8)
        {
            _isText = (_header[0] & OpcodeBits) == Text;
        }
    }

    private void End()
    {
        if (IsData && (_header[0] & Final) != 0)
        {
            scanner.EndDocument();
            onMessage();
        }

        _headerLength = 0;
    }
}
