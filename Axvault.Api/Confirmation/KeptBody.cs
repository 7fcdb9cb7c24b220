namespace Axvault.Api.Confirmation;

/// <summary>
/// A request's body that is kept as it is read, for a request that may be run again. In memory alone: it holds secrets, and is no longer than
/// <see cref="Http.RequestLimits.MaxBodyBytes"/>.
/// </summary>
internal sealed class KeptBody(Stream rest) : Stream
{
    private readonly MemoryStream _kept = new();
    private int _position;

    /// <inheritdoc />
    public override bool CanRead => true;

    /// <inheritdoc />
    public override bool CanSeek => false;

    /// <inheritdoc />
    public override bool CanWrite => false;

    /// <inheritdoc />
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc />
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>The body from its beginning. Another stream, for what reads one remembers that it has ended.</summary>
    public KeptBody Again()
    {
        var again = new KeptBody(rest);
        _kept.WriteTo(again._kept);
        return again;
    }

    /// <inheritdoc />
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_position < _kept.Length)
        {
            var left = _kept.GetBuffer().AsMemory(_position, (int)_kept.Length - _position);
            var length = Math.Min(left.Length, buffer.Length);
            left[..length].CopyTo(buffer);
            _position += length;
            return length;
        }

        var read = await rest.ReadAsync(buffer, cancellationToken);
        _kept.Write(buffer.Span[..read]);
        _position += read;
        return read;
    }

    /// <inheritdoc />
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc />
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc />
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc />
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc />
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc />
    public override void Flush()
    {
    }
}
