using System.Net;
using Axvault.Api.Authorization;
using Axvault.Api.Credentials.Login;
using Axvault.Api.Encryption;
using Axvault.Tests.Harness.Provider;
using Axvault.Tests.Harness.Servers;
using Axvault.Tests.Refresh;
using Microsoft.AspNetCore.WebUtilities;
using static Axvault.Tests.Credentials.Login.LoginCalls;

namespace Axvault.Tests.Credentials.Login;

/// <summary>New logins by a device code and by a pasted address, at OpenIddict.</summary>
public sealed class LoginServerTests(RefreshFixture fixture) : IClassFixture<RefreshFixture>, IDisposable
{
    private readonly ProviderPerson _person = new();

    private RefreshLab Lab => fixture.Lab;

    [Fact]
    public async Task A_confirmed_device_code_stores_new_tokens_in_the_present_shape()
    {
        using var admin = Lab.Admin();
        var old = await PutDeadAsync(admin, "device");
        var login = await BeginAsync(admin, "device", "device");
        Assert.Equal("pending", await FinishAsync(admin, "device", login));

        await _person.DecideAsync(login.GetProperty("verificationUri").GetString()!, login.GetProperty("userCode").GetString()!, allow: true);

        Assert.Equal("done", await FinishAsync(admin, "device", login));
        await IsLoggedInAsync(admin, "device", old);
    }

    [Theory]
    [InlineData("address")]
    [InlineData("code")]
    public async Task A_pasted_answer_stores_new_tokens_in_the_present_shape(string form)
    {
        using var admin = Lab.Admin();
        var name = $"paste.{form}";
        var old = await PutDeadAsync(admin, name);
        var login = await BeginAsync(admin, name, "paste");

        var address = await _person.LogInAsync(login.GetProperty("authorizationUri").GetString()!);
        Assert.StartsWith("http://127.0.0.1:1455/callback?", address.AbsoluteUri, StringComparison.Ordinal);
        var query = QueryHelpers.ParseQuery(address.Query);
        var pasted = form == "address" ? $"  {address}\n" : $"{query["code"]}#{query["state"]}";

        Assert.Equal("done", await FinishAsync(admin, name, login, pasted));
        await IsLoggedInAsync(admin, name, old);
    }

    [Fact]
    public async Task A_denied_login_is_told_and_changes_nothing()
    {
        using var admin = Lab.Admin();
        var old = await PutDeadAsync(admin, "denied");
        var before = (await admin.GetAsync("credentials/denied")).Tag;
        var device = await BeginAsync(admin, "denied", "device");
        await _person.DecideAsync(device.GetProperty("verificationUri").GetString()!, device.GetProperty("userCode").GetString()!, allow: false);

        var refused = await FinishRawAsync(admin, "denied", device);
        refused.IsProblem(HttpStatusCode.BadGateway, "refresh-failed");
        Assert.Equal("access_denied", refused.Json.GetProperty("reason").GetString());

        var paste = await BeginAsync(admin, "denied", "paste");
        var state = QueryHelpers.ParseQuery(new Uri(paste.GetProperty("authorizationUri").GetString()!).Query)["state"];
        var said = await FinishRawAsync(admin, "denied", paste, $"http://127.0.0.1:1455/callback?error=access_denied&state={state}");
        Assert.Equal("access_denied", said.Json.GetProperty("reason").GetString());

        var after = await admin.GetAsync("credentials/denied");
        Assert.Equal((before, old.RefreshToken), (after.Tag, after.Token("refresh_token")));
    }

    [Fact]
    public async Task An_answer_of_another_login_is_refused_and_not_sent()
    {
        using var admin = Lab.Admin();
        await PutDeadAsync(admin, "foreign");
        var (mine, other) = (await BeginAsync(admin, "foreign", "paste"), await BeginAsync(admin, "foreign", "paste"));
        var address = await _person.LogInAsync(other.GetProperty("authorizationUri").GetString()!);
        var sent = Lab.Proxy.Requests.Count;

        (await FinishRawAsync(admin, "foreign", mine, address.AbsoluteUri)).IsInvalid("answer");
        (await FinishRawAsync(admin, "foreign", mine, "a-code-without-a-state")).IsInvalid("answer");
        (await FinishRawAsync(admin, "foreign", mine)).IsInvalid("answer");

        Assert.DoesNotContain(Lab.Proxy.Requests.Skip(sent), static request => request.Parameters.ContainsKey("code"));
    }

    [Fact]
    public async Task A_login_can_be_finished_only_by_its_key_for_its_credential()
    {
        using var admin = Lab.Admin();
        await PutDeadAsync(admin, "mine");
        await PutDeadAsync(admin, "twin");
        var login = await BeginAsync(admin, "mine", "device");
        await _person.DecideAsync(login.GetProperty("verificationUri").GetString()!, login.GetProperty("userCode").GetString()!, allow: true);
        using var other = await admin.WithNewKeyAsync(["*"], ["*"], ["*"]);

        (await FinishRawAsync(other, "mine", login)).IsInvalid("login");
        (await FinishRawAsync(admin, "twin", login)).IsInvalid("login");
        var text = login.GetProperty("login").GetString()!;
        (await admin.PostAsync("credentials/mine/login/finish", new { login = text[..^1] + (text[^1] == 'A' ? 'B' : 'A') })).IsInvalid("login");
        (await admin.PostAsync("credentials/mine/login/finish", new { login = "none" })).IsInvalid("login");
        (await admin.PostAsync("credentials/mine/login/finish", "{}")).IsInvalid("login");

        Assert.Equal("done", await FinishAsync(admin, "mine", login));
    }

    [Fact]
    public async Task A_login_ends_with_its_time()
    {
        using var admin = Lab.Admin();
        await PutDeadAsync(admin, "late");
        var seal = new LoginSeal(new TextSeal(await VaultInsider.OpenAsync(Lab.ConnectionString)));
        var key = KeyId.FromStored((await admin.GetAsync("keys/self")).Json.GetProperty("id").GetString()!);
        Assert.True(CredentialName.TryParse("late", out var name));
        var login = new BegunLogin
        {
            Provider = "login_lab",
            ExpiresAt = DateTimeOffset.UtcNow.AddSeconds(-1),
            DeviceCode = "a device code",
        };

        var answer = await admin.PostAsync("credentials/late/login/finish", new { login = seal.Seal(login, key, name) });

        answer.IsInvalid("login");
        Assert.DoesNotContain(Lab.Proxy.Requests, static request => request.Parameters.Values.Contains("a device code"));
    }

    [Fact]
    public async Task The_settings_of_the_provider_decide_which_flows_there_are()
    {
        using var admin = Lab.Admin();
        await PutDeadAsync(admin, "flows");
        await Lab.PutAsync("flows.none");
        (await admin.PutCredentialAsync("flows.key")).Is(HttpStatusCode.Created);

        Assert.Equal("""{"provider":"login_lab","flows":["device","paste"]}""", (await admin.GetAsync("credentials/flows/login")).Is(HttpStatusCode.OK).Text);
        Assert.Equal("""{"provider":"lab","flows":[]}""", (await admin.GetAsync("credentials/flows.none/login")).Text);
        Assert.Equal("""{"flows":[]}""", (await admin.GetAsync("credentials/flows.key/login")).Text);
        Assert.Equal("device", (await admin.PostAsync("credentials/flows/login", "{}")).Json.GetProperty("flow").GetString());
        Assert.Contains(
            "AXVAULT_OAUTH_LAB_DEVICE_URL",
            (await admin.PostAsync("credentials/flows.none/login", "{}")).IsProblem(HttpStatusCode.Conflict, "conflict"),
            StringComparison.Ordinal
        );
        (await admin.PostAsync("credentials/flows.key/login", "{}")).IsProblem(HttpStatusCode.Conflict, "conflict");
        (await admin.PostAsync("credentials/flows/login", """{"flow":"password"}""")).IsInvalid("flow");
    }

    [Fact]
    public async Task Only_a_key_with_write_access_logs_in()
    {
        using var admin = Lab.Admin();
        await PutDeadAsync(admin, "reader");
        var login = await BeginAsync(admin, "reader", "device");
        using var reader = await admin.WithNewKeyAsync(read: ["*"]);

        (await reader.GetAsync("credentials/reader/login")).IsForbidden();
        (await reader.PostAsync("credentials/reader/login", "{}")).IsForbidden();
        (await FinishRawAsync(reader, "reader", login)).IsForbidden();
    }

    [Fact]
    public async Task A_login_without_a_refresh_token_is_not_stored()
    {
        using var admin = Lab.Admin();
        var old = await PutDeadAsync(admin, "bare");
        var login = await BeginAsync(admin, "bare", "paste");
        var address = await _person.LogInAsync(login.GetProperty("authorizationUri").GetString()!);
        Lab.Proxy.Decide(request => IsFor(request, address) ? Fault.Rewrite(static answer => answer.Remove("refresh_token")) : null);

        var refused = await FinishRawAsync(admin, "bare", login, address.AbsoluteUri);

        refused.IsProblem(HttpStatusCode.BadGateway, "refresh-failed");
        Assert.Equal("no_refresh_token", refused.Json.GetProperty("reason").GetString());
        Assert.Equal(old.RefreshToken, (await admin.GetAsync("credentials/bare")).Token("refresh_token"));
    }

    [Fact]
    public async Task A_lost_answer_to_a_login_is_told_and_the_code_is_sent_once()
    {
        using var admin = Lab.Admin();
        await PutDeadAsync(admin, "lost");
        var login = await BeginAsync(admin, "lost", "paste");
        var address = await _person.LogInAsync(login.GetProperty("authorizationUri").GetString()!);
        Lab.Proxy.Decide(request => IsFor(request, address) ? Fault.CutAfter : null);

        var refused = await FinishRawAsync(admin, "lost", login, address.AbsoluteUri);

        Assert.Equal("connection_lost", refused.Json.GetProperty("reason").GetString());
        Assert.Single(Lab.Proxy.Requests, request => IsFor(request, address));
    }

    [Fact]
    public async Task A_put_during_a_login_stays_among_the_versions()
    {
        using var admin = Lab.Admin();
        await PutDeadAsync(admin, "meanwhile");
        var login = await BeginAsync(admin, "meanwhile", "paste");
        var address = await _person.LogInAsync(login.GetProperty("authorizationUri").GetString()!);
        using var gate = Lab.Proxy.Hold(HoldPoint.BeforeAnswering, request => IsFor(request, address));
        var finish = FinishAsync(admin, "meanwhile", login, address.AbsoluteUri);
        await gate.ReachedAsync();

        var put = await Lab.PutAsync("meanwhile", RefreshLab.LoginProviderName);
        gate.Release();

        Assert.Equal("done", await finish);
        Assert.NotEqual(put.RefreshToken, (await admin.GetAsync("credentials/meanwhile")).Token("refresh_token"));
        var newest = (await admin.GetAsync("credentials/meanwhile/versions")).Json.GetProperty("versions")[0].GetProperty("version").GetString();
        Assert.Equal(put.RefreshToken, (await admin.GetAsync($"credentials/meanwhile/versions/{newest}")).Token("refresh_token"));
    }

    [Fact]
    public async Task Each_call_of_a_login_is_audited_without_its_codes()
    {
        using var admin = Lab.Admin();
        await PutDeadAsync(admin, "audited");
        await admin.GetAsync("credentials/audited/login");
        var login = await BeginAsync(admin, "audited", "device");
        await FinishAsync(admin, "audited", login);
        await _person.DecideAsync(login.GetProperty("verificationUri").GetString()!, login.GetProperty("userCode").GetString()!, allow: true);
        await FinishAsync(admin, "audited", login);

        var log = await admin.GetAsync("audit?credential=audited");

        Assert.Equal(
            ["credential.login.finish login_lab", "credential.login.finish pending", "credential.login.begin ", "credential.login.read "],
            log.Json.GetProperty("entries")
                .EnumerateArray()
                .Select(static entry =>
                    $"{entry.GetProperty("action").GetString()} {(entry.TryGetProperty("reason", out var reason) ? reason.GetString() : null)}"
                )
                .Where(static text => text.StartsWith("credential.login", StringComparison.Ordinal))
                .Select(static text => text.Split(';')[0])
        );
        Assert.DoesNotContain(login.GetProperty("userCode").GetString()!, log.Text, StringComparison.Ordinal);
    }

    public void Dispose() => _person.Dispose();

    // A credential whose refresh token the provider refuses for good.
    private async Task<IssuedTokens> PutDeadAsync(VaultClient admin, string name)
    {
        var tokens = await Lab.PutDueAsync(name, RefreshLab.LoginProviderName);
        await Lab.Provider.RefreshAsync(tokens.RefreshToken);
        Assert.Equal("failed", (await admin.GetAsync($"credentials/{name}")).IsRefreshFailed().Status());
        return tokens;
    }

    private async Task IsLoggedInAsync(VaultClient admin, string name, IssuedTokens old)
    {
        var read = (await admin.GetAsync($"credentials/{name}")).IsNotDue();
        Assert.Null(read.Status());
        Assert.NotEqual(old.RefreshToken, read.Token("refresh_token"));
        Assert.Equal("as it is", read.Token("kept"));
        Assert.True(await Lab.Provider.IsValidAsync(read.Token("access_token")));
        Assert.Single((await admin.GetAsync($"credentials/{name}/versions")).Json.GetProperty("versions").EnumerateArray());
        (await admin.PostAsync($"credentials/{name}/refresh", "")).Is(HttpStatusCode.OK);
    }
}
