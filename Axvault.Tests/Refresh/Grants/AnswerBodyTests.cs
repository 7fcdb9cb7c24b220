using System.IO.Compression;
using System.Text;
using Axvault.Api.Refresh.Grants;

namespace Axvault.Tests.Refresh.Grants;

public sealed class AnswerBodyTests
{
    private const string Text = """{"access_token":"a","refresh_token":"é"}""";

    [Theory]
    [InlineData("gzip")]
    [InlineData("X-GZIP")]
    [InlineData("deflate")]
    [InlineData("br")]
    [InlineData("identity")]
    [InlineData("gzip,br")]
    public void A_coding_is_decoded(string codings)
    {
        var list = codings.Split(',');
        var body = list.Aggregate(Encoding.UTF8.GetBytes(Text), Encode);
        Assert.Equal(Text, Encoding.UTF8.GetString(AnswerBody.Decode(body, list).Span));
    }

    [Fact]
    public void A_coding_that_is_not_said_or_not_applied_does_no_harm()
    {
        var plain = Encoding.UTF8.GetBytes(Text);
        Assert.Equal(plain, AnswerBody.Decode(Encode(plain, "gzip"), []).ToArray());
        Assert.Equal(plain, AnswerBody.Decode(Encode(plain, "raw"), ["deflate"]).ToArray());
        Assert.Equal(plain, AnswerBody.Decode(plain, ["gzip"]).ToArray());
        Assert.Equal(plain, AnswerBody.Decode(plain, ["br"]).ToArray());
    }

    [Theory]
    [InlineData("utf-8")]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    [InlineData("utf-32")]
    public void A_text_is_read_with_and_without_a_byte_order_mark(string name)
    {
        var encoding = Encoding.GetEncoding(name);
        Assert.Equal(Text, Encoding.UTF8.GetString(AnswerBody.Decode(encoding.GetBytes(Text), []).Span));
        Assert.Equal(Text, Encoding.UTF8.GetString(AnswerBody.Decode((byte[])[.. encoding.Preamble, .. encoding.GetBytes(Text)], []).Span));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    public void A_bomb_is_refused(string coding)
    {
        var bomb = Encode(Encoding.UTF8.GetBytes(Text + new string(' ', 64 * AnswerBody.MaxBytes)), coding);
        Assert.InRange(bomb.Length, 1, AnswerBody.MaxBytes);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.True(AnswerBody.Decode(bomb, [coding]).IsEmpty);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 * AnswerBody.MaxBytes);
    }

    private static byte[] Encode(byte[] plain, string coding)
    {
        using var result = new MemoryStream();
        using (
            Stream stream = coding.ToLowerInvariant() switch
            {
                "gzip" or "x-gzip" => new GZipStream(result, CompressionLevel.Optimal),
                "deflate" => new ZLibStream(result, CompressionLevel.Optimal),
                "raw" => new DeflateStream(result, CompressionLevel.Optimal),
                "br" => new BrotliStream(result, CompressionLevel.Optimal),
                _ => new BufferedStream(result),
            }
        )
        {
            stream.Write(plain);
        }

        return result.ToArray();
    }
}
