using System.Net;
using System.Net.Http.Headers;

namespace Axvault.Api.Refresh.Grants;

/// <summary>
/// The body of a token request. It records whether a byte of it may have left, and can be sent only once. However an HTTP client handles a broken
/// connection, it never sends a refresh token twice.
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

    /// <summary><see langword="true"/> when a byte may have left; otherwise <see langword="false"/>.</summary>
    public bool MayHaveLeft => Volatile.Read(ref _sent) != 0;

    /// <inheritdoc />
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    /// <inheritdoc />
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _sent, 1) != 0)
        {
            throw new HttpRequestException("A token request is sent once.");
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
