using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.WebConsole;

/// <summary>Forms that cannot be read, and forms that are too large.</summary>
public sealed class ConsoleFormServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    private const string UrlEncoded = "application/x-www-form-urlencoded";

    public static TheoryData<string, string> Malformed =>
        new()
        {
            { UrlEncoded, string.Concat(Enumerable.Repeat("a=1&", 1025)) },
            { UrlEncoded, new string('n', 2049) + "=1" },
            { "multipart/form-data", "a=1" },
            { "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\ncut off" },
            { "multipart/form-data; boundary=b", "--b\r\nno header\r\n\r\n1\r\n--b--\r\n" },
        };

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task A_form_that_cannot_be_read_is_refused_on_a_page(string type, string body)
    {
        using var stranger = new PlainBrowser(vault.Server);
        using var browser = await PlainBrowser.SignInAsync(vault.Server, vault.Admin.Secret);

        foreach (var (sender, act) in ConsoleRoutes.OpenActs.Select(act => (stranger, act)).Concat(ConsoleRoutes.Acts.Select(act => (browser, act))))
        {
            using var content = Content(type, body);
            var answer = (await sender.PostContentAsync(ConsoleRoutes.Fill(act), content)).Is(HttpStatusCode.BadRequest);
            Assert.Equal("text/html", answer.ContentType);
            Assert.Contains("The form cannot be read", answer.Text, StringComparison.Ordinal);
        }

        Assert.DoesNotContain(vault.Server.Output, static line => line.Contains("\"@l\":\"Error\"", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_form_without_a_session_has_at_most_16_KiB(bool isChunked)
    {
        using var stranger = new PlainBrowser(vault.Server);

        foreach (var act in ConsoleRoutes.OpenActs)
        {
            using HttpContent content = isChunked ? new ChunkedContent() : Content(UrlEncoded, "key=" + new string('x', 16 * 1024));
            (await stranger.PostContentAsync(act, content)).Is(HttpStatusCode.RequestEntityTooLarge);
        }
    }

    private static StringContent Content(string type, string body) =>
        new(body, Encoding.ASCII) { Headers = { ContentType = MediaTypeHeaderValue.Parse(type) } };

    // A form that does not announce its length.
    private sealed class ChunkedContent : HttpContent
    {
        public ChunkedContent() => Headers.ContentType = MediaTypeHeaderValue.Parse(UrlEncoded);

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            stream.WriteAsync(Encoding.ASCII.GetBytes("key=" + new string('x', 16 * 1024))).AsTask();

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
