using System.Diagnostics;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Axvault.Api.Refresh.Grants;
using static Axvault.Tests.Refresh.Grants.TokenClientCalls;

namespace Axvault.Tests.Refresh.Grants;

/// <summary>The token client with broken, slow and missing connections. The provider counts that no request is sent twice.</summary>
public sealed class TokenClientConnectionTests
{
    [Fact]
    public async Task A_refused_connection_counts_as_unreachable()
    {
        var url = new Uri($"http://127.0.0.1:{Harness.Servers.FreePort.Next()}/");
        var result = await SendAsync(ProviderAt(url));
        Assert.Equal((FailureClass.Transient, RefreshError.Unreachable), (result.Failure, result.Error));
        Assert.Equal("ConnectionError: ConnectionRefused", result.Detail);
    }

    [Fact]
    public async Task An_unknown_host_counts_as_unreachable()
    {
        var result = await SendAsync(ProviderAt(new Uri("https://provider.invalid/")));
        Assert.Equal((FailureClass.Transient, RefreshError.Unreachable), (result.Failure, result.Error));
        Assert.StartsWith("NameResolutionError: ", result.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_without_TLS_is_sent_nothing()
    {
        await using var stub = new ProviderStub(
            (_, _, _) => Task.CompletedTask,
            static async stream =>
            {
                await stream.WriteAsync("HTTP/1.1 400 X\r\n\r\n"u8.ToArray());
                return stream;
            }
        );
        var result = await SendAsync(ProviderAt(Https(stub.Url)));
        Assert.Equal((FailureClass.Transient, RefreshError.Unreachable), (result.Failure, result.Error));
        Assert.Empty(stub.Requests);
    }

    [Fact]
    public async Task A_server_with_an_untrusted_certificate_is_sent_nothing()
    {
        using var key = RSA.Create(2048);
        using var certificate = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(
            DateTimeOffset.UtcNow.AddDays(-1),
            DateTimeOffset.UtcNow.AddDays(1)
        );
        await using var stub = new ProviderStub(
            (_, _, _) => Task.CompletedTask,
            async stream =>
            {
                var tls = new SslStream(stream);
                await tls.AuthenticateAsServerAsync(certificate);
                return tls;
            }
        );
        var result = await SendAsync(ProviderAt(Https(stub.Url)));
        Assert.Equal((FailureClass.Transient, RefreshError.Unreachable), (result.Failure, result.Error));
        Assert.StartsWith("SecureConnectionError: The remote certificate is invalid", result.Detail, StringComparison.Ordinal);
        Assert.Empty(stub.Requests);
    }

    [Fact]
    public async Task A_timeout_before_sending_is_transient()
    {
        // The stub accepts the connection, but does not answer the TLS handshake.
        await using var stub = new ProviderStub(
            (_, _, _) => Task.CompletedTask,
            static async stream =>
            {
                await Task.Delay(Timeout.Infinite, TestContext.Current.CancellationToken)
                    .WaitAsync(TimeSpan.FromSeconds(2))
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return stream;
            }
        );
        var result = await SendAsync(ProviderAt(Https(stub.Url)), Short);
        Assert.Equal((FailureClass.Transient, RefreshError.Unreachable), (result.Failure, result.Error));
        Assert.Equal("not connected in time", result.Detail);
        Assert.Empty(stub.Requests);
    }

    [Fact]
    public async Task A_timeout_after_sending_has_an_unknown_outcome()
    {
        await using var stub = new ProviderStub(static (_, _, stopping) => Task.Delay(Timeout.Infinite, stopping));
        var started = Stopwatch.GetTimestamp();
        var result = await SendAsync(ProviderAt(stub.Url), Short);
        Assert.Equal((FailureClass.Unknown, RefreshError.TimedOut), (result.Failure, result.Error));
        Assert.InRange(Stopwatch.GetElapsedTime(started), Short * 0.9, Short + TimeSpan.FromSeconds(20));
        AssertSentOnce(stub);
    }

    [Theory]
    [InlineData(200, "Unknown", "timed_out")]
    [InlineData(400, "Transient", "http_400")]
    public async Task A_slow_answer_ends_at_the_timeout(int status, string failure, string error)
    {
        await using var stub = new ProviderStub(
            async (stream, _, stopping) =>
            {
                await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status} X\r\nContent-Length: 1000\r\n\r\n"), stopping);
                while (true)
                {
                    await stream.WriteAsync("a"u8.ToArray(), stopping);
                    await Task.Delay(20, stopping);
                }
            }
        );
        var result = await SendAsync(ProviderAt(stub.Url), Short);
        Assert.Equal((failure, error), (result.Failure?.ToString(), result.Error));
        AssertSentOnce(stub);
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("", true)]
    [InlineData("HTTP/1.1 200", false)]
    [InlineData("HTTP/1.1 200", true)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Le", false)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"access_token\":\"a\"", false)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"access_token\":\"a\"", true)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"acc", false)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", false)]
    [InlineData("nothing of HTTP\r\n\r\n", false)]
    [InlineData("\0\0\0", false)]
    public async Task A_connection_cut_after_sending_has_an_unknown_outcome_and_is_not_retried(string answer, bool reset)
    {
        await using var stub = ProviderStub.Cutting(answer, reset);
        var result = await SendAsync(ProviderAt(stub.Url));
        Assert.Equal((FailureClass.Unknown, RefreshError.ConnectionLost), (result.Failure, result.Error));

        // Long enough for an automatic retry to arrive.
        await Task.Delay(200, TestContext.Current.CancellationToken);
        AssertSentOnce(stub);
    }

    [Fact]
    public async Task A_cut_success_without_a_length_has_an_unknown_outcome()
    {
        await using var stub = ProviderStub.Cutting("HTTP/1.1 200 OK\r\n\r\n{\"access_token\":\"a\",\"refresh");
        var result = await SendAsync(ProviderAt(stub.Url));
        Assert.Equal((FailureClass.Unknown, RefreshError.UnexpectedAnswer), (result.Failure, result.Error));
        AssertSentOnce(stub);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"access_token\":\"a\",\"refresh_token\":\"r\"}")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n28\r\n{\"access_token\":\"a\",\"refresh_token\":\"r\"}\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 43\r\n\r\n\ufeff{\"access_token\":\"a\",\"refresh_token\":\"r\"}")]
    public async Task Complete_tokens_in_a_damaged_answer_are_kept(string answer)
    {
        await using var stub = ProviderStub.Cutting(answer);
        var result = await SendAsync(ProviderAt(stub.Url));
        Assert.Equal(("a", "r"), (result.Issued?.AccessToken, result.Issued?.RefreshToken));
        AssertSentOnce(stub);
    }

    [Fact]
    public async Task A_cut_refusal_is_still_a_refusal()
    {
        await using var stub = ProviderStub.Cutting("HTTP/1.1 503 X\r\nContent-Length: 100\r\nRetry-After: 3\r\n\r\n{\"err");
        var result = await SendAsync(ProviderAt(stub.Url));
        Assert.Equal((FailureClass.Transient, "http_503", TimeSpan.FromSeconds(3)), (result.Failure, result.Error, result.RetryAfter));
        AssertSentOnce(stub);
    }
}
