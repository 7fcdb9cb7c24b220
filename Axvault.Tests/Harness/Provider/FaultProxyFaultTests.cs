using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Harness.Provider;

/// <summary>Each fault does what it says, for the client and for the refresh token at the provider.</summary>
public sealed class FaultProxyFaultTests(VaultGraph graph) : FaultProxyTest(graph)
{
    [Theory]
    [InlineData(500, "")]
    [InlineData(503, "<html>upstream</html>")]
    [InlineData(400, """{"error":"invalid_grant"}""")]
    [InlineData(200, """{"error":"invalid_grant"}""")]
    public async Task A_fault_answers_before_or_after_the_provider_is_asked(int status, string answer)
    {
        Proxy.Next(Fault.Answer(status, answer));
        Assert.Equal(((HttpStatusCode)status, answer), await RefreshAsync());
        await AssertUnusedAsync();

        Proxy.Next(Fault.Answer(status, answer).AfterForwarding());
        Assert.Equal(((HttpStatusCode)status, answer), await RefreshAsync());
        await AssertUsedUpAsync();
    }

    [Fact]
    public async Task A_429_has_a_retry_after_header()
    {
        Proxy.Always(Fault.TooManyRequests(TimeSpan.FromSeconds(17)));
        using var content = Form(RefreshToken);

        using var response = await Http.PostAsync(Proxy.TokenUrl, content, CancellationToken);

        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(17), response.Headers.RetryAfter!.Delta);
        await AssertUnusedAsync();
    }

    [Fact]
    public async Task An_OAuth_error_can_have_any_status()
    {
        Proxy.Next(Fault.Error("invalid_grant"));
        Proxy.Next(Fault.Error("invalid_client", status: 401));

        Assert.Equal((HttpStatusCode.BadRequest, """{"error":"invalid_grant"}"""), await RefreshAsync());
        Assert.Equal((HttpStatusCode.Unauthorized, """{"error":"invalid_client"}"""), await RefreshAsync());
        await AssertUnusedAsync();
    }

    [Fact]
    public async Task A_cut_before_forwarding_leaves_the_token_as_it_was()
    {
        Proxy.Always(Fault.CutBefore);

        await Assert.ThrowsAsync<HttpRequestException>(RefreshAsync);

        await AssertUnusedAsync();
    }

    [Fact]
    public async Task A_cut_after_the_provider_answered_uses_the_token_up()
    {
        Proxy.Always(Fault.CutAfter);

        await Assert.ThrowsAsync<HttpRequestException>(RefreshAsync);

        await AssertUsedUpAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_request_that_hangs_is_never_answered(bool afterForwarding)
    {
        Proxy.Always(afterForwarding ? Fault.Hang.AfterForwarding() : Fault.Hang);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(CancellationToken);
        using var content = Form(RefreshToken);
        var refresh = Http.PostAsync(Proxy.TokenUrl, content, patience.Token);
        await Until.HoldsAsync(
            () => Proxy.Requests is [var request] && request.ProviderStatus is not null == afterForwarding,
            "the request has come as far as it gets"
        );

        await Task.Delay(TimeSpan.FromMilliseconds(300), CancellationToken);

        Assert.False(refresh.IsCompleted);
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => refresh);
        await (afterForwarding ? AssertUsedUpAsync() : AssertUnusedAsync());
    }

    [Fact]
    public async Task Disposing_the_proxy_ends_hanging_requests()
    {
        Proxy.Always(Fault.Hang);
        var refresh = RefreshAsync();
        await Proxy.WaitForRequestsAsync(1);

        await DisposeProxyAsync().WaitAsync(TimeSpan.FromSeconds(10), CancellationToken);

        await Assert.ThrowsAsync<HttpRequestException>(() => refresh);
    }

    [Fact]
    public async Task A_stalled_answer_begins_and_does_not_end()
    {
        Proxy.Always(Fault.Stall);
        using var content = Form(RefreshToken);
        using var request = new HttpRequestMessage(HttpMethod.Post, Proxy.TokenUrl) { Content = content };

        using var response = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(1));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => response.Content.ReadAsStringAsync(limit.Token));
        await AssertUsedUpAsync();
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(0, 1)]
    public async Task A_request_or_its_answer_can_be_delayed(int before, int after)
    {
        Proxy.Always(Fault.None with { DelayBefore = TimeSpan.FromSeconds(before), DelayAfter = TimeSpan.FromSeconds(after) });
        var clock = Stopwatch.StartNew();

        var (status, _) = await RefreshAsync();

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.True(clock.Elapsed > TimeSpan.FromSeconds(0.9));
        await AssertUsedUpAsync();
    }

    [Fact]
    public async Task A_malformed_answer_uses_the_token_up()
    {
        Proxy.Always(Fault.Malformed());

        var (status, body) = await RefreshAsync();

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.ThrowsAny<JsonException>(() => Parse(body));
        await AssertUsedUpAsync();
    }

    [Fact]
    public async Task A_huge_answer_is_valid_apart_from_its_size()
    {
        Proxy.Always(Fault.Huge(100_000));

        var (status, body) = await RefreshAsync();

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.InRange(body.Length, 100_000, 110_000);
        Assert.True(await Client.SpendAsync(Parse(body).RefreshToken));
    }

    [Fact]
    public async Task An_endless_answer_does_not_end()
    {
        Proxy.Always(Fault.Endless);
        using var content = Form(RefreshToken);
        using var request = new HttpRequestMessage(HttpMethod.Post, Proxy.TokenUrl) { Content = content };
        using var response = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, CancellationToken);
        await using var body = await response.Content.ReadAsStreamAsync(CancellationToken);

        await body.ReadExactlyAsync(new byte[16 * 1024 * 1024], CancellationToken);

        await AssertUsedUpAsync();
    }

    [Fact]
    public async Task A_truncated_answer_breaks_off()
    {
        Proxy.Always(Fault.Truncated);
        using var content = Form(RefreshToken);
        using var request = new HttpRequestMessage(HttpMethod.Post, Proxy.TokenUrl) { Content = content };

        using var response = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await Assert.ThrowsAsync<HttpRequestException>(() => response.Content.ReadAsStringAsync(CancellationToken));
        await AssertUsedUpAsync();
    }

    [Theory]
    [InlineData(302, "GET", null)]
    [InlineData(307, "POST", "token")]
    public async Task A_followed_redirection_is_recorded(int status, string method, string? token)
    {
        Proxy.Always(Fault.Redirect(status));
        Assert.Empty(Proxy.Followed);

        await RefreshAsync();

        var followed = Assert.Single(Proxy.Followed);
        Assert.Equal(method, followed.Method);
        Assert.Equal(token is null ? null : RefreshToken, followed.RefreshToken);
        Assert.Single(Proxy.Requests);
        await AssertUnusedAsync();
    }

    [Fact]
    public async Task An_answer_can_be_rewritten()
    {
        Proxy.Always(Fault.Rewrite(static answer => answer.Remove("refresh_token")));

        var (status, body) = await RefreshAsync();

        Assert.Equal(HttpStatusCode.OK, status);
        using var document = JsonDocument.Parse(body);
        Assert.False(document.RootElement.TryGetProperty("refresh_token", out _));
        Assert.True(await Client.IsValidAsync(document.RootElement.GetProperty("access_token").GetString()!));
        await AssertUsedUpAsync();
    }
}
