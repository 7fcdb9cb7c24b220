using System.Net;
using System.Text.Json;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Provider;
using Axvault.Tests.Harness.Servers;
using Axvault.Tests.Refresh;
using static Axvault.Tests.Credentials.Login.LoginCalls;

namespace Axvault.Tests.Credentials.Login;

/// <summary>The end of a login at two servers: repeated, slowed down, with a provider that falters, and with a key that goes meanwhile.</summary>
public sealed class LoginFinishServerTests(LoginFleet fleet) : IClassFixture<LoginFleet>, IDisposable
{
    private readonly ProviderPerson _person = new();

    private RefreshLab Lab => fleet.Lab;

    [Fact]
    public async Task A_pasted_answer_is_exchanged_once_however_often_it_is_sent()
    {
        using var admin = Lab.Admin();
        using var other = Lab.Admin(1);
        await Lab.PutAsync("once", RefreshLab.LoginProviderName);
        var login = await BeginAsync(admin, "once", "paste");
        var address = await _person.LogInAsync(login.GetProperty("authorizationUri").GetString()!);

        Assert.Equal("done", await FinishAsync(admin, "once", login, address.AbsoluteUri));
        foreach (var client in new[] { admin, other })
        {
            var again = await FinishRawAsync(client, "once", login, address.AbsoluteUri);
            again.IsInvalid("login");
            Assert.Contains("was finished before", again.Text, StringComparison.Ordinal);
        }

        Assert.Single(Lab.Proxy.Requests, request => IsFor(request, address));
        (await admin.PostAsync("credentials/once/refresh", "")).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_pasted_answer_is_exchanged_once_by_two_servers_at_the_same_time()
    {
        using var admin = Lab.Admin();
        using var other = Lab.Admin(1);
        await Lab.PutAsync("twice", RefreshLab.LoginProviderName);
        var login = await BeginAsync(admin, "twice", "paste");
        var address = await _person.LogInAsync(login.GetProperty("authorizationUri").GetString()!);
        using var gate = Lab.Proxy.Hold(HoldPoint.BeforeForwarding, request => IsFor(request, address));
        var first = FinishAsync(admin, "twice", login, address.AbsoluteUri);
        await gate.ReachedAsync();

        (await FinishRawAsync(other, "twice", login, address.AbsoluteUri)).IsInvalid("login");
        gate.Release();

        Assert.Equal("done", await first);
        Assert.Single(Lab.Proxy.Requests, request => IsFor(request, address));
        (await admin.PostAsync("credentials/twice/refresh", "")).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_raised_interval_holds_for_all_later_polls()
    {
        using var admin = Lab.Admin();
        await Lab.PutAsync("slow", RefreshLab.LoginProviderName);
        var login = await BeginAsync(admin, "slow", "device");
        Assert.Equal(5, login.GetProperty("interval").GetInt32());
        Lab.Proxy.Next(Fault.Error("slow_down"), 2);

        foreach (var interval in (int[])[10, 15, 15])
        {
            login = await PollAsync(admin, "slow", login);
            Assert.Equal(interval, login.GetProperty("interval").GetInt32());
        }
    }

    [Fact]
    public async Task A_device_login_outlives_a_provider_that_falters()
    {
        using var admin = Lab.Admin();
        await Lab.PutAsync("falters", RefreshLab.LoginProviderName);
        var begun = await BeginAsync(admin, "falters", "device");
        var login = await PollAsync(admin, "falters", begun);
        Lab.Proxy.Next(Fault.Answer(503, "<html>", "text/html"));
        Lab.Proxy.Next(Fault.TooManyRequests(TimeSpan.FromSeconds(1)));
        Lab.Proxy.Next(Fault.CutBefore);

        foreach (var interval in (int[])[10, 15, 20, 20])
        {
            login = await PollAsync(admin, "falters", login);
            Assert.Equal(interval, login.GetProperty("interval").GetInt32());
        }

        await _person.DecideAsync(begun.GetProperty("verificationUri").GetString()!, begun.GetProperty("userCode").GetString()!, allow: true);
        Assert.Equal("done", await FinishAsync(admin, "falters", login));
        var entries = (await admin.GetAsync("audit?credential=falters&action=credential.login.finish")).Json.GetProperty("entries").EnumerateArray();
        var reasons = entries.Select(static entry => entry.GetProperty("reason").GetString()!.Split(';')[0]).ToList();
        Assert.Equal(["login_lab", "pending"], reasons[..2]);
        Assert.StartsWith("pending, connection_lost: ", reasons[2], StringComparison.Ordinal);
        Assert.Equal(["pending, rate_limited: status 429, application/json", "pending, http_503: status 503, text/html", "pending"], reasons[3..]);
    }

    [Theory]
    [InlineData("access_denied", 400)]
    [InlineData("expired_token", 503)]
    [InlineData("invalid_grant", 503)]
    [InlineData("invalid_request", 400)]
    public async Task A_decision_of_the_provider_ends_a_device_login_and_is_recorded(string error, int status)
    {
        using var admin = Lab.Admin();
        var name = $"ended.{error}";
        await Lab.PutAsync(name, RefreshLab.LoginProviderName);
        var login = await BeginAsync(admin, name, "device");
        Lab.Proxy.Next(Fault.Error(error, status));

        var ended = await FinishRawAsync(admin, name, login);

        ended.IsProblem(HttpStatusCode.BadGateway, "refresh-failed");
        Assert.Equal(error, ended.Json.GetProperty("reason").GetString());
        var entry = (await admin.GetAsync($"audit?credential={name}&action=credential.login.finish")).Json.GetProperty("entries")[0];
        Assert.Equal($"{error}: status {status}, application/json", entry.GetProperty("reason").GetString());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_key_that_ends_or_is_narrowed_during_the_exchange_stores_nothing(bool deletes)
    {
        using var admin = Lab.Admin(1);
        var name = deletes ? "ended.key" : "narrowed.key";
        await Lab.PutAsync(name, RefreshLab.LoginProviderName);
        var tag = (await admin.GetAsync($"credentials/{name}")).Tag;
        var key = await admin.CreateKeyAsync(write: [name]);
        using var client = Lab.Servers[0].Client(key.Secret);
        var login = await BeginAsync(client, name, "paste");
        var address = await _person.LogInAsync(login.GetProperty("authorizationUri").GetString()!);
        using var gate = Lab.Proxy.Hold(HoldPoint.BeforeAnswering, request => IsFor(request, address));
        var finish = FinishRawAsync(client, name, login, address.AbsoluteUri);
        await gate.ReachedAsync();

        if (deletes)
        {
            (await admin.DeleteAsync($"keys/{key.Id}")).Is(HttpStatusCode.NoContent);
        }
        else
        {
            (await admin.PatchAsync($"keys/{key.Id}", """{"writeAccess":["other"]}""")).Is(HttpStatusCode.OK);
        }

        gate.Release();

        (await finish).IsForbidden();
        Assert.Equal(tag, (await admin.GetAsync($"credentials/{name}")).Tag);
        Assert.Empty((await admin.GetAsync($"credentials/{name}/versions")).Json.GetProperty("versions").EnumerateArray());
    }

    public void Dispose() => _person.Dispose();

    private static async Task<JsonElement> PollAsync(VaultClient client, string name, JsonElement login)
    {
        var answer = (await FinishRawAsync(client, name, login)).Is(HttpStatusCode.OK).Json;
        Assert.Equal("pending", answer.GetProperty("status").GetString());
        return answer;
    }
}

/// <summary>Two servers on one database, for the logins of a class.</summary>
public sealed class LoginFleet(VaultGraph graph) : IAsyncLifetime
{
    private RefreshLab? _lab;

    /// <summary>The servers with their database, proxy and provider.</summary>
    public RefreshLab Lab => _lab!;

    public async ValueTask InitializeAsync() => _lab = await RefreshLab.StartSharedAsync(graph, servers: 2);

    public async ValueTask DisposeAsync() => await (_lab?.DisposeAsync() ?? ValueTask.CompletedTask);
}
