using System.Net;
using System.Text;
using System.Text.Json;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Harness.Provider;

/// <summary>The proxy passes requests on, records them, chooses their faults, and holds them.</summary>
public sealed class FaultProxyTests(VaultGraph graph) : FaultProxyTest(graph)
{
    [Fact]
    public async Task Without_a_fault_the_provider_answer_is_passed_on()
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
        Http.DefaultRequestHeaders.UserAgent.ParseAdd("agent/1.0");
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
        var json = JsonSerializer.Serialize(
            new
            {
                grant_type = "refresh_token",
                refresh_token = RefreshToken,
                client_id = ProviderClient.PublicId,
                scope = (string?)null,
            }
        );

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
    public async Task A_body_that_is_neither_form_nor_JSON_has_no_parameters(string contentType, string body)
    {
        var (status, _) = await PostAsync(new StringContent(body, Encoding.UTF8, contentType));

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Empty(Assert.Single(Proxy.Requests).Parameters);
    }

    [Fact]
    public async Task A_client_that_authenticates_by_Basic_reaches_the_provider()
    {
        using var client = new ProviderClient(ProviderUrl, confidential: true);
        var tokens = await client.IssueAsync();
        var basic = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{ProviderClient.ConfidentialId}:{ProviderClient.ConfidentialSecret}"));
        Http.DefaultRequestHeaders.Authorization = new("Basic", basic);

        var (status, _) = await PostAsync(new FormUrlEncodedContent([new("grant_type", "refresh_token"), new("refresh_token", tokens.RefreshToken)]));

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal($"Basic {basic}", Assert.Single(Proxy.Requests).Authorization);
    }

    [Fact]
    public async Task A_request_is_forwarded_although_the_client_has_gone()
    {
        using var gate = Proxy.Hold(HoldPoint.BeforeForwarding);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(CancellationToken);
        using var content = Form(RefreshToken);
        var refresh = Http.PostAsync(Proxy.TokenUrl, content, patience.Token);
        await gate.ReachedAsync();
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => refresh);
        Assert.False(Proxy.Requests[0].Forwarded);

        gate.Release();

        await Until.HoldsAsync(() => Proxy.Requests[0].ProviderStatus is not null, "the provider has answered");
        await AssertUsedUpAsync();
    }

    [Fact]
    public async Task A_decided_fault_precedes_a_queued_one_and_the_default()
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
    public async Task A_fault_can_apply_to_a_single_refresh_token()
    {
        var other = await Client.IssueAsync();
        Proxy.Decide(request => request.RefreshToken == RefreshToken ? Fault.Answer(500) : null);

        Assert.Equal(HttpStatusCode.InternalServerError, (await RefreshAsync()).Status);
        Assert.Equal(HttpStatusCode.OK, (await PostAsync(Form(other.RefreshToken))).Status);
    }

    [Fact]
    public async Task A_gate_holds_a_request_before_it_is_forwarded()
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
    public async Task A_gate_holds_a_request_after_the_provider_answered()
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
    public async Task A_proxy_without_a_provider_answers_502()
    {
        await using var proxy = await FaultProxy.StartAsync(new Uri($"http://127.0.0.1:{FreePort.Next()}"));
        using var content = Form(RefreshToken);

        using var response = await Http.PostAsync(proxy.TokenUrl, content, CancellationToken);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Null(Assert.Single(proxy.Requests).ProviderStatus);
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
}
