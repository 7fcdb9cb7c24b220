using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using Axvault.Tests.Graph;
using Axvault.Tests.Server;

namespace Axvault.Tests.Provider;

/// <summary>That each fault is what it says: what the client sees, and whether the refresh token was used up at the provider.</summary>
public sealed class FaultProxyTests(VaultGraph graph) : IAsyncLifetime
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = true }) { Timeout = TimeSpan.FromSeconds(45) };
    private FaultProxy? _proxy;
    private ProviderClient? _client;
    private IssuedTokens? _tokens;

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    private FaultProxy Proxy => _proxy!;

    private ProviderClient Client => _client!;

    private string RefreshToken => _tokens!.RefreshToken;

    public async ValueTask InitializeAsync()
    {
        _proxy = await FaultProxy.StartAsync(graph.ProviderUrl);
        _client = new ProviderClient(graph.ProviderUrl);
        _tokens = await _client.IssueAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        _client?.Dispose();
        if (_proxy is not null)
        {
            await _proxy.DisposeAsync();
        }
    }

    [Fact]
    public async Task Without_a_fault_the_answer_is_the_provider_s()
    {
        var (status, body) = await RefreshAsync();

        Assert.Equal(HttpStatusCode.OK, status);
        var tokens = Parse(body);
        var request = Assert.Single(Proxy.Requests);
        Assert.True(request.Forwarded);
        Assert.Equal(HttpStatusCode.OK, request.ProviderStatus);
        Assert.Equal(tokens.RefreshToken, request.Issued!.RefreshToken);
        Assert.True(await Client.IsValidAsync(tokens.AccessToken));
        Assert.True(await Client.SpendAsync(tokens.RefreshToken));
    }

    [Fact]
    public async Task Every_request_is_recorded_in_order_as_it_came()
    {
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("agent/1.0");
        var before = TimeProvider.System.GetUtcNow();

        var (_, body) = await RefreshAsync();
        await PostAsync(Form(Parse(body).RefreshToken));
        await PostAsync(Form("no token"));

        await Proxy.WaitForRequestsAsync(3);
        Assert.Equal([1, 2, 3], Proxy.Requests.Select(static request => request.Number));
        Assert.Equal([RefreshToken, Parse(body).RefreshToken, "no token"], Proxy.Requests.Select(static request => request.RefreshToken));
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.BadRequest], Proxy.Requests.Select(static request => request.ProviderStatus!.Value));
        Assert.All(Proxy.Requests, request =>
        {
            Assert.Equal("agent/1.0", request.UserAgent);
            Assert.StartsWith("application/x-www-form-urlencoded", request.ContentType, StringComparison.Ordinal);
            Assert.Equal("refresh_token", request.Parameters["grant_type"]);
            Assert.Equal(ProviderClient.PublicId, request.Parameters["client_id"]);
            Assert.InRange(request.At, before, TimeProvider.System.GetUtcNow());
        });
    }

    [Fact]
    public async Task JSON_is_translated_for_the_provider()
    {
        var json = JsonSerializer.Serialize(new { grant_type = "refresh_token", refresh_token = RefreshToken, client_id = ProviderClient.PublicId, scope = (string?)null });

        var (status, body) = await PostAsync(new StringContent(json, Encoding.UTF8, "application/json"));

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.True(await Client.SpendAsync(Parse(body).RefreshToken));
        var request = Assert.Single(Proxy.Requests);
        Assert.StartsWith("application/json", request.ContentType, StringComparison.Ordinal);
        Assert.Equal(RefreshToken, request.RefreshToken);
    }

    [Theory]
    [InlineData("application/json", "{")]
    [InlineData("application/json", "[1]")]
    [InlineData("text/plain", "refresh_token=x")]
    public async Task What_is_neither_form_nor_JSON_is_recorded_without_parameters(string contentType, string body)
    {
        var (status, _) = await PostAsync(new StringContent(body, Encoding.UTF8, contentType));

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Empty(Assert.Single(Proxy.Requests).Parameters);
    }

    [Fact]
    public async Task A_client_that_authenticates_by_Basic_reaches_the_provider()
    {
        using var client = new ProviderClient(graph.ProviderUrl, confidential: true);
        var tokens = await client.IssueAsync();
        var basic = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{ProviderClient.ConfidentialId}:{ProviderClient.ConfidentialSecret}"));
        _http.DefaultRequestHeaders.Authorization = new("Basic", basic);

        var (status, _) = await PostAsync(new FormUrlEncodedContent([new("grant_type", "refresh_token"), new("refresh_token", tokens.RefreshToken)]));

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal($"Basic {basic}", Assert.Single(Proxy.Requests).Authorization);
    }

    [Theory]
    [InlineData(500, "")]
    [InlineData(503, "<html>upstream</html>")]
    [InlineData(400, """{"error":"invalid_grant"}""")]
    [InlineData(200, """{"error":"invalid_grant"}""")]
    public async Task Any_answer_can_be_given_before_the_provider_is_asked_and_after(int status, string answer)
    {
        Proxy.Next(Fault.Answer(status, answer));
        Assert.Equal(((HttpStatusCode)status, answer), await RefreshAsync());
        await IsNotUsedUpAsync();

        Proxy.Next(Fault.Answer(status, answer).AfterForwarding());
        Assert.Equal(((HttpStatusCode)status, answer), await RefreshAsync());
        await IsUsedUpAsync();
    }

    [Fact]
    public async Task Too_many_requests_say_when_to_come_back()
    {
        Proxy.Always(Fault.TooManyRequests(TimeSpan.FromSeconds(17)));
        using var content = Form(RefreshToken);

        using var response = await _http.PostAsync(Proxy.TokenUrl, content, CancellationToken);

        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(17), response.Headers.RetryAfter!.Delta);
        await IsNotUsedUpAsync();
    }

    [Fact]
    public async Task An_OAuth_error_can_have_any_status()
    {
        Proxy.Next(Fault.Error("invalid_grant"));
        Proxy.Next(Fault.Error("invalid_client", status: 401));

        Assert.Equal((HttpStatusCode.BadRequest, """{"error":"invalid_grant"}"""), await RefreshAsync());
        Assert.Equal((HttpStatusCode.Unauthorized, """{"error":"invalid_client"}"""), await RefreshAsync());
        await IsNotUsedUpAsync();
    }

    [Fact]
    public async Task A_cut_before_forwarding_leaves_the_token_as_it_was()
    {
        Proxy.Always(Fault.CutBefore);

        await Assert.ThrowsAsync<HttpRequestException>(RefreshAsync);

        await IsNotUsedUpAsync();
    }

    [Fact]
    public async Task A_cut_after_the_provider_answered_uses_the_token_up()
    {
        Proxy.Always(Fault.CutAfter);

        await Assert.ThrowsAsync<HttpRequestException>(RefreshAsync);

        await IsUsedUpAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_request_that_hangs_is_never_answered(bool afterForwarding)
    {
        Proxy.Always(afterForwarding ? Fault.Hang.AfterForwarding() : Fault.Hang);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(CancellationToken);
        using var content = Form(RefreshToken);
        var refresh = _http.PostAsync(Proxy.TokenUrl, content, patience.Token);
        await Until.HoldsAsync(() => Proxy.Requests is [var request] && request.ProviderStatus is not null == afterForwarding, "the request has come as far as it gets");

        await Task.Delay(TimeSpan.FromMilliseconds(300), CancellationToken);

        Assert.False(refresh.IsCompleted);
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => refresh);
        await (afterForwarding ? IsUsedUpAsync() : IsNotUsedUpAsync());
    }

    [Fact]
    public async Task Disposing_ends_what_hangs()
    {
        Proxy.Always(Fault.Hang);
        var refresh = RefreshAsync();
        await Proxy.WaitForRequestsAsync(1);

        await Proxy.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10), CancellationToken);

        await Assert.ThrowsAsync<HttpRequestException>(() => refresh);
        _proxy = null;
    }

    [Fact]
    public async Task A_stalled_answer_begins_and_does_not_end()
    {
        Proxy.Always(Fault.Stall);
        using var content = Form(RefreshToken);
        using var request = new HttpRequestMessage(HttpMethod.Post, Proxy.TokenUrl) { Content = content };

        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(1));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => response.Content.ReadAsStringAsync(limit.Token));
        await IsUsedUpAsync();
    }

    [Fact]
    public async Task A_request_arrives_though_the_client_has_gone()
    {
        using var gate = Proxy.Hold(HoldPoint.BeforeForwarding);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(CancellationToken);
        using var content = Form(RefreshToken);
        var refresh = _http.PostAsync(Proxy.TokenUrl, content, patience.Token);
        await gate.ReachedAsync();
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => refresh);
        Assert.False(Proxy.Requests[0].Forwarded);

        gate.Release();

        await Until.HoldsAsync(() => Proxy.Requests[0].ProviderStatus is not null, "the provider has answered");
        await IsUsedUpAsync();
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(0, 1)]
    public async Task An_answer_can_be_late_on_either_way(int before, int after)
    {
        Proxy.Always(Fault.None with { DelayBefore = TimeSpan.FromSeconds(before), DelayAfter = TimeSpan.FromSeconds(after) });
        var clock = Stopwatch.StartNew();

        var (status, _) = await RefreshAsync();

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.True(clock.Elapsed > TimeSpan.FromSeconds(0.9));
        await IsUsedUpAsync();
    }

    [Fact]
    public async Task A_malformed_answer_uses_the_token_up()
    {
        Proxy.Always(Fault.Malformed());

        var (status, body) = await RefreshAsync();

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.ThrowsAny<JsonException>(() => Parse(body));
        await IsUsedUpAsync();
    }

    [Fact]
    public async Task A_huge_answer_is_good_but_for_its_size()
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
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, CancellationToken);
        await using var body = await response.Content.ReadAsStreamAsync(CancellationToken);

        await body.ReadExactlyAsync(new byte[16 * 1024 * 1024], CancellationToken);

        await IsUsedUpAsync();
    }

    [Fact]
    public async Task A_truncated_answer_breaks_off()
    {
        Proxy.Always(Fault.Truncated);
        using var content = Form(RefreshToken);
        using var request = new HttpRequestMessage(HttpMethod.Post, Proxy.TokenUrl) { Content = content };

        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await Assert.ThrowsAsync<HttpRequestException>(() => response.Content.ReadAsStringAsync(CancellationToken));
        await IsUsedUpAsync();
    }

    [Theory]
    [InlineData(302, "GET", null)]
    [InlineData(307, "POST", "token")]
    public async Task A_redirection_that_is_followed_is_found_out(int status, string method, string? token)
    {
        Proxy.Always(Fault.Redirect(status));
        Assert.Empty(Proxy.Followed);

        await RefreshAsync();

        var followed = Assert.Single(Proxy.Followed);
        Assert.Equal(method, followed.Method);
        Assert.Equal(token is null ? null : RefreshToken, followed.RefreshToken);
        Assert.Single(Proxy.Requests);
        await IsNotUsedUpAsync();
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
        await IsUsedUpAsync();
    }

    [Fact]
    public async Task Faults_are_decided_first_then_queued_then_the_rule()
    {
        Proxy.Always(Fault.Answer(501));
        Proxy.Next(Fault.Answer(502), count: 2);
        Proxy.Decide(static request => request.Number is 2 ? Fault.Answer(503) : null);

        var faulty = await StatusesAsync(5);
        Proxy.Heal();
        var healed = await StatusesAsync(1);

        Assert.Equal([502, 503, 502, 501, 501], faulty);
        Assert.Equal([200], healed);
    }

    [Fact]
    public async Task A_fault_can_be_for_one_refresh_token_alone()
    {
        var other = await Client.IssueAsync();
        Proxy.Decide(request => request.RefreshToken == RefreshToken ? Fault.Answer(500) : null);

        Assert.Equal(HttpStatusCode.InternalServerError, (await RefreshAsync()).Status);
        Assert.Equal(HttpStatusCode.OK, (await PostAsync(Form(other.RefreshToken))).Status);
    }

    [Fact]
    public async Task A_request_is_held_before_it_is_forwarded_until_it_is_released()
    {
        using var gate = Proxy.Hold(HoldPoint.BeforeForwarding);
        var refresh = RefreshAsync();

        var held = await gate.ReachedAsync();

        Assert.False(held.Forwarded);
        Assert.False(refresh.IsCompleted);
        gate.Release();
        Assert.Equal(HttpStatusCode.OK, (await refresh).Status);
    }

    [Fact]
    public async Task A_request_is_held_when_the_provider_has_answered_until_it_is_released()
    {
        using var gate = Proxy.Hold(HoldPoint.BeforeAnswering, request => request.RefreshToken == RefreshToken);
        var other = await Client.IssueAsync();
        Assert.Equal(HttpStatusCode.OK, (await PostAsync(Form(other.RefreshToken))).Status);
        var refresh = RefreshAsync();

        var held = await gate.ReachedAsync();

        Assert.Equal(HttpStatusCode.OK, held.ProviderStatus);
        Assert.False(refresh.IsCompleted);
        gate.Release();
        Assert.Equal(held.Issued!.RefreshToken, Parse((await refresh).Body).RefreshToken);
    }

    [Fact]
    public async Task A_gate_holds_one_request()
    {
        using var gate = Proxy.Hold(HoldPoint.BeforeForwarding);
        var held = RefreshAsync();
        await gate.ReachedAsync();

        Assert.Equal(HttpStatusCode.BadRequest, (await PostAsync(Form("no token"))).Status);

        Assert.False(held.IsCompleted);
    }

    [Fact]
    public async Task Without_its_provider_a_proxy_is_a_bad_gateway()
    {
        await using var proxy = await FaultProxy.StartAsync(new Uri($"http://127.0.0.1:{FreePort.Next()}"));
        using var content = Form(RefreshToken);

        using var response = await _http.PostAsync(proxy.TokenUrl, content, CancellationToken);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Null(Assert.Single(proxy.Requests).ProviderStatus);
    }

    private static IssuedTokens Parse(string body)
    {
        using var document = JsonDocument.Parse(body);
        return IssuedTokens.Parse(document.RootElement);
    }

    private static FormUrlEncodedContent Form(string refreshToken) =>
        new([new("grant_type", "refresh_token"), new("refresh_token", refreshToken), new("client_id", ProviderClient.PublicId)]);

    private Task<(HttpStatusCode Status, string Body)> RefreshAsync() => PostAsync(Form(RefreshToken));

    private async Task<(HttpStatusCode Status, string Body)> PostAsync(HttpContent content)
    {
        using (content)
        {
            using var response = await _http.PostAsync(Proxy.TokenUrl, content, CancellationToken);
            return (response.StatusCode, await response.Content.ReadAsStringAsync(CancellationToken));
        }
    }

    private async Task<int[]> StatusesAsync(int count)
    {
        var statuses = new int[count];
        for (var n = 0; n < count; n++)
        {
            statuses[n] = (int)(await RefreshAsync()).Status;
        }

        return statuses;
    }

    private async Task IsNotUsedUpAsync()
    {
        Assert.All(Proxy.Requests, static request => Assert.False(request.Forwarded));
        // By spending it, and going on with what that gives.
        _tokens = await Client.RefreshAsync(RefreshToken);
    }

    private async Task IsUsedUpAsync()
    {
        Assert.Equal(HttpStatusCode.OK, Proxy.Requests[^1].ProviderStatus);
        Assert.False(await Client.SpendAsync(RefreshToken));
    }
}
