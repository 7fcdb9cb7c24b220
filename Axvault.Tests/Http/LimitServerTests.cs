using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Http;

/// <summary>Limits on the memory, time and connections that one client can use.</summary>
public sealed class LimitServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    private const int Mebibyte = 1024 * 1024;

    private VaultClient Admin => vault.Admin;

    [Fact]
    public async Task A_body_of_a_mebibyte_is_taken_and_one_byte_more_is_413()
    {
        (await PutAsync(Mebibyte, chunked: false)).Is(HttpStatusCode.Created);
        // The framing of the chunks counts toward the limit as well.
        (await PutAsync(Mebibyte - 1024, chunked: true)).Is(HttpStatusCode.Created);
        (await PutAsync(Mebibyte + 1, chunked: false)).IsProblem(HttpStatusCode.RequestEntityTooLarge, "payload-too-large");
        (await PutAsync(Mebibyte + 1, chunked: true)).IsProblem(HttpStatusCode.RequestEntityTooLarge, "payload-too-large");
    }

    [Theory]
    [InlineData("POST", "keys")]
    [InlineData("PATCH", "keys/k_0123456789ab")]
    public async Task A_key_body_has_the_same_limit(string method, string path)
    {
        using var content = new StringContent($$"""{"name":"x"{{new string(' ', Mebibyte)}}}""", Encoding.UTF8, "application/json");

        (await Admin.SendAsync(HttpMethod.Parse(method), path, content)).IsProblem(HttpStatusCode.RequestEntityTooLarge, "payload-too-large");
    }

    [Fact]
    public async Task A_client_that_keeps_sending_a_refused_body_still_gets_the_answer()
    {
        var body = new string(' ', 8 * Mebibyte);

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Admin.PutAsync("credentials/huge", body)));

        Assert.All(answers, static answer => answer.IsProblem(HttpStatusCode.RequestEntityTooLarge, "payload-too-large"));
    }

    [Fact]
    public async Task A_body_that_is_declared_too_large_is_refused_before_it_is_sent()
    {
        using var raw = await RawHttp.ConnectAsync(vault.Server.Address);
        await raw.SendAsync(
            "PUT /api/v1/credentials/huge HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 4000000000000\r\n"
                + $"Authorization: Bearer {Admin.Secret}\r\n\r\n{{"
        );

        Assert.StartsWith("HTTP/1.1 413 ", await raw.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_anonymous_client_cannot_make_the_server_read_a_large_body()
    {
        using var raw = await RawHttp.ConnectAsync(vault.Server.Address);
        await raw.SendAsync("PUT /api/v1/credentials/huge HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 4000000000000\r\n\r\n{");

        Assert.Matches("^HTTP/1.1 (401|413) ", await raw.ReadToEndAsync());
    }

    [Theory]
    [InlineData(101, 1)]
    [InlineData(1000, 1)]
    [InlineData(1, 40_000)]
    [InlineData(50, 1_000)]
    public async Task Too_many_or_too_long_headers_are_refused(int count, int length)
    {
        var headers = string.Concat(Enumerable.Range(0, count).Select(i => $"X-{i}: {new string('x', length)}\r\n"));

        var answer = await RawHttp.ExchangeAsync(vault.Server.Address, Encoding.ASCII.GetBytes($"GET /api/v1/health HTTP/1.1\r\nHost: a\r\n{headers}\r\n"));

        Assert.StartsWith("HTTP/1.1 431 ", answer, StringComparison.Ordinal);
        (await Admin.GetAsync("health")).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_request_target_that_is_too_long_is_refused()
    {
        var answer = await RawHttp.ExchangeAsync(
            vault.Server.Address,
            Encoding.ASCII.GetBytes($"GET /api/v1/credentials/{new string('a', 20_000)} HTTP/1.1\r\nHost: a\r\n\r\n")
        );

        Assert.StartsWith("HTTP/1.1 414 ", answer, StringComparison.Ordinal);
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task Headers_that_come_byte_by_byte_are_cut_off()
    {
        using var raw = await RawHttp.ConnectAsync(vault.Server.Address);
        await raw.SendAsync("GET /api/v1/health HTTP/1.1\r\nHost: a\r\n");

        var answer = await DribbleAsync(raw, "X-Slow: x\r\n");

        Assert.True(answer.Text.Length == 0 || answer.Text.StartsWith("HTTP/1.1 408 ", StringComparison.Ordinal), answer.Text);
        Assert.InRange(answer.Took, TimeSpan.Zero, TimeSpan.FromSeconds(30));
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_body_that_comes_byte_by_byte_is_cut_off()
    {
        using var raw = await RawHttp.ConnectAsync(vault.Server.Address);
        await raw.SendAsync(
            "PUT /api/v1/credentials/slow HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n"
                + $"Authorization: Bearer {Admin.Secret}\r\n\r\n{{"
        );

        var answer = await DribbleAsync(raw, " ");

        Assert.True(answer.Text.Length == 0 || answer.Text.StartsWith("HTTP/1.1 408 ", StringComparison.Ordinal), answer.Text);
        Assert.InRange(answer.Took, TimeSpan.Zero, TimeSpan.FromSeconds(30));
        (await Admin.GetAsync("credentials/slow")).IsNotFound();
    }

    [Fact]
    public async Task A_thousand_idle_connections_do_not_block_other_clients()
    {
        var idle = await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => RawHttp.ConnectAsync(vault.Server.Address)));
        try
        {
            (await Admin.GetAsync("credentials")).Is(HttpStatusCode.OK);
        }
        finally
        {
            Array.ForEach(idle, static connection => connection.Dispose());
        }
    }

    private async Task<Answer> PutAsync(int size, bool chunked)
    {
        const string Head = """{"type":"api-key","data":{"a":"b"}""";
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(Head + new string(' ', size - Head.Length - 1) + "}"));
        content.Headers.ContentType = new("application/json");
        if (chunked)
        {
            content.Headers.ContentLength = null;
        }

        return await Admin.SendAsync(HttpMethod.Put, string.Create(CultureInfo.InvariantCulture, $"credentials/size-{size}"), content, headers =>
            headers.TransferEncodingChunked = chunked
        );
    }

    // Sends one piece every 250 ms until the server closes the connection.
    private static async Task<(string Text, TimeSpan Took)> DribbleAsync(RawHttp raw, string piece)
    {
        var clock = Stopwatch.StartNew();
        var answer = raw.ReadToEndAsync();
        while (!answer.IsCompleted && await raw.TrySendAsync(Encoding.ASCII.GetBytes(piece)))
        {
            await Task.WhenAny(answer, Task.Delay(TimeSpan.FromMilliseconds(250), TestContext.Current.CancellationToken));
        }

        return (await answer, clock.Elapsed);
    }
}
