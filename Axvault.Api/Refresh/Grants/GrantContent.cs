using System.Net;
using System.Net.Http.Headers;

namespace Axvault.Api.Refresh.Grants;

/// <summary>
/// The body of a token request. It knows whether a byte of it may have left, and leaves once: whatever a client does about connections that
/// break, a refresh token is never sent twice by it.
/// </summary>
internal sealed class GrantContent : HttpContent
{
    private readonly byte[] _body;
    private int _sent;

    /// <summary>Wraps <paramref name="body"/>.</summary>
    public GrantContent(byte[] body, string mediaType)
    {
        _body = body;
        Headers.ContentType = new MediaTypeHeaderValue(mediaType);
    }

    /// <summary>Whether a byte may have left.</summary>
    public bool MayHaveLeft => Volatile.Read(ref _sent) != 0;

    /// <inheritdoc />
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    /// <inheritdoc />
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(stream);

        if (Interlocked.Exchange(ref _sent, 1) != 0)
        {
            throw new HttpRequestException("A refresh token is sent once.");
        }

        await stream.WriteAsync(_body, cancellationToken);
    }

    /// <inheritdoc />
    protected override bool TryComputeLength(out long length)
    {
        length = _body.Length;
        return true;
    }
}
