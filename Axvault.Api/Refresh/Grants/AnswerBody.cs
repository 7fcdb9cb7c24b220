using System.IO.Compression;
using System.Runtime.ExceptionServices;
using System.Text;

namespace Axvault.Api.Refresh.Grants;

/// <summary>The body of a provider's answer: as it came, and as text. A class, because it may hold tokens.</summary>
internal sealed class AnswerBody
{
    /// <summary>The greatest length, in bytes, as it came and decoded.</summary>
    public const int MaxBytes = 1024 * 1024;

    private AnswerBody(ReadOnlyMemory<byte> raw, ReadOnlyMemory<byte> text, ExceptionDispatchInfo? cut) => (Raw, Text, Cut) = (raw, text, cut);

    /// <summary>The bytes as they came, at most <see cref="MaxBytes"/>.</summary>
    public ReadOnlyMemory<byte> Raw { get; }

    /// <summary>The decoded bytes, in UTF-8 without a byte order mark; empty when they are more than <see cref="MaxBytes"/>.</summary>
    public ReadOnlyMemory<byte> Text { get; }

    /// <summary>The exception that cut the body.</summary>
    public ExceptionDispatchInfo? Cut { get; }

    /// <summary>Reads the body of <paramref name="response"/>, as far as it comes.</summary>
    public static async Task<AnswerBody> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        using var buffer = new MemoryStream();
        ExceptionDispatchInfo? cut = null;
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
            var chunk = new byte[16 * 1024];
            for (int read; buffer.Length <= MaxBytes && (read = await stream.ReadAsync(chunk, cancellationToken)) > 0;)
            {
                buffer.Write(chunk, 0, read);
            }
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException)
        {
            cut = ExceptionDispatchInfo.Capture(exception);
        }

        var raw = buffer.GetBuffer().AsMemory(0, (int)Math.Min(buffer.Length, MaxBytes));
        return new AnswerBody(raw, buffer.Length > MaxBytes ? default : Decode(raw, response.Content.Headers.ContentEncoding), cut);
    }

    /// <summary>Returns the text in <paramref name="raw"/>, in UTF-8; empty when it cannot be decoded within <see cref="MaxBytes"/>.</summary>
    /// <param name="raw">The bytes as they came.</param>
    /// <param name="codings">The codings, in the order in which they were applied (RFC 9110 §8.4).</param>
    public static ReadOnlyMemory<byte> Decode(ReadOnlyMemory<byte> raw, IEnumerable<string> codings)
    {
        var body = raw;
        foreach (var coding in codings.Reverse())
        {
            body = Decompress(body, coding.Trim().ToLowerInvariant());
        }

        // Some gateways compress and do not say so. Others say so and do not compress: Decompress then returns what it was given.
        var text = ToUtf8(body.Span is [0x1F, 0x8B, ..] ? Decompress(body, "gzip") : body);
        return text.Length > MaxBytes ? default : text;
    }

    private static ReadOnlyMemory<byte> Decompress(ReadOnlyMemory<byte> body, string coding) =>
        coding switch
        {
            "gzip" or "x-gzip" => Read(body, static stream => new GZipStream(stream, CompressionMode.Decompress)) ?? body,
            // The coding has a zlib header (RFC 9110 §8.4.1.2). Some servers leave it out.
            "deflate" => Read(body, static stream => new ZLibStream(stream, CompressionMode.Decompress))
                ?? Read(body, static stream => new DeflateStream(stream, CompressionMode.Decompress))
                ?? body,
            "br" => Read(body, static stream => new BrotliStream(stream, CompressionMode.Decompress)) ?? body,
            _ => body,
        };

    // Returns what can be decompressed, null for nothing, and an empty text for more than a body may have.
    private static ReadOnlyMemory<byte>? Read(ReadOnlyMemory<byte> body, Func<Stream, Stream> open)
    {
        using var result = new MemoryStream();
        try
        {
            using var stream = open(new MemoryStream(body.ToArray()));
            var chunk = new byte[16 * 1024];
            for (int read; result.Length <= MaxBytes && (read = stream.Read(chunk)) > 0;)
            {
                result.Write(chunk, 0, read);
            }
        }
        catch (Exception exception) when (exception is InvalidDataException or InvalidOperationException or IOException)
        {
            // A cut body may hold complete tokens. ZLibException is an IOException.
        }

        if (result.Length == 0)
        {
            return null;
        }

        return result.Length > MaxBytes ? ReadOnlyMemory<byte>.Empty : result.ToArray();
    }

    private static ReadOnlyMemory<byte> ToUtf8(ReadOnlyMemory<byte> body)
    {
        Encoding? encoding = body.Span switch
        {
            [0xEF, 0xBB, 0xBF, ..] => null,
            [0xFF, 0xFE, 0, 0, ..] or [not 0, 0, 0, 0, ..] => Encoding.UTF32,
            [0, 0, 0xFE, 0xFF, ..] or [0, 0, 0, not 0, ..] => new UTF32Encoding(bigEndian: true, byteOrderMark: false),
            [0xFF, 0xFE, ..] or [not 0, 0, ..] => Encoding.Unicode,
            [0xFE, 0xFF, ..] or [0, not 0, ..] => Encoding.BigEndianUnicode,
            _ => null,
        };
        var text = encoding is null ? body : Encoding.Convert(encoding, Encoding.UTF8, body.ToArray());
        return text.Span.StartsWith(Encoding.UTF8.Preamble) ? text[Encoding.UTF8.Preamble.Length..] : text;
    }
}
