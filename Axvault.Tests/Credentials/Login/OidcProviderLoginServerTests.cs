using System.Net;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Provider;
using Axvault.Tests.Harness.Servers;
using Axvault.Tests.Refresh;

namespace Axvault.Tests.Credentials.Login;

/// <summary>New logins at npm's oidc-provider, begun at one server and finished at another.</summary>
public sealed class OidcProviderLoginServerTests(VaultGraph graph) : IAsyncLifetime
{
    private OidcProvider? _provider;
    private RefreshLab? _lab;

    private RefreshLab Lab => _lab!;

    [Fact]
    public async Task A_device_code_that_a_person_enters_is_finished_by_another_replica()
    {
        using var person = new OidcPerson(_provider!, "grace");
        using var here = await PutAsync("other.device");
        using var there = Lab.Admin(1);
        var begun = (await here.PostAsync("credentials/other.device/login", """{"flow":"device"}""")).Is(HttpStatusCode.OK).Json;
        var finish = new { login = begun.GetProperty("login").GetString() };
        Assert.Equal("pending", StatusOf(await there.PostAsync("credentials/other.device/login/finish", finish)));

        await person.AllowDeviceAsync(new Uri(begun.GetProperty("verificationUri").GetString()!), begun.GetProperty("userCode").GetString()!);

        Assert.Equal("done", StatusOf(await there.PostAsync("credentials/other.device/login/finish", finish)));
        await IsRefreshedAsync(here, "other.device");
    }

    [Fact]
    public async Task A_pasted_address_is_finished_by_another_replica()
    {
        using var person = new OidcPerson(_provider!, "ada");
        using var here = await PutAsync("other.paste");
        using var there = Lab.Admin(1);
        var begun = (await here.PostAsync("credentials/other.paste/login", """{"flow":"paste"}""")).Is(HttpStatusCode.OK).Json;

        var address = await person.LogInAsync(new Uri(begun.GetProperty("authorizationUri").GetString()!));

        var finish = new { login = begun.GetProperty("login").GetString(), answer = address.AbsoluteUri };
        Assert.Equal("done", StatusOf(await there.PostAsync("credentials/other.paste/login/finish", finish)));
        await IsRefreshedAsync(here, "other.paste");
    }

    [Fact]
    public async Task A_person_who_refuses_is_told_of()
    {
        using var person = new OidcPerson(_provider!, "ada");
        using var admin = await PutAsync("other.refused");
        var begun = (await admin.PostAsync("credentials/other.refused/login", """{"flow":"paste"}""")).Is(HttpStatusCode.OK).Json;

        var address = await person.LogInAsync(new Uri(begun.GetProperty("authorizationUri").GetString()!), refuses: true);

        var finish = new { login = begun.GetProperty("login").GetString(), answer = address.AbsoluteUri };
        var refused = await admin.PostAsync("credentials/other.refused/login/finish", finish);
        refused.IsProblem(HttpStatusCode.BadGateway, "refresh-failed");
        Assert.Equal("access_denied", refused.Json.GetProperty("reason").GetString());
    }

    public async ValueTask InitializeAsync()
    {
        _provider = await OidcProvider.StartAsync();
        _lab = await RefreshLab.StartAsync(
            graph,
            servers: 2,
            ("AXVAULT_OAUTH_OTHER_TOKEN_URL", $"{_provider.Issuer}/token"),
            ("AXVAULT_OAUTH_OTHER_CLIENT_ID", OidcProvider.Agent),
            ("AXVAULT_OAUTH_OTHER_SCOPE", "openid offline_access"),
            ("AXVAULT_OAUTH_OTHER_DEVICE_URL", $"{_provider.Issuer}/device/auth"),
            // OpenID Connect Core §11: a refresh token needs the person's consent.
            ("AXVAULT_OAUTH_OTHER_AUTHORIZE_URL", $"{_provider.Issuer}/auth?prompt=consent"),
            ("AXVAULT_OAUTH_OTHER_REDIRECT_URL", OidcProvider.AgentRedirect)
        );
    }

    public async ValueTask DisposeAsync()
    {
        await (_lab?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_provider?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    private static string? StatusOf(Answer answer) => answer.Is(HttpStatusCode.OK).Json.GetProperty("status").GetString();

    private async Task<VaultClient> PutAsync(string name)
    {
        var admin = Lab.Admin();
        var data = new { access_token = "old", refresh_token = $"spent-{name}", expires_at = DateTimeOffset.UtcNow.AddHours(2).ToUnixTimeSeconds() };
        (await admin.PutAsync($"credentials/{name}", new { type = "oauth-credentials", provider = "other", data })).Is(HttpStatusCode.Created);
        return admin;
    }

    // The new refresh token is good at the provider.
    private static async Task IsRefreshedAsync(VaultClient admin, string name)
    {
        var first = (await admin.GetAsync($"credentials/{name}")).Token("refresh_token");
        (await admin.PostAsync($"credentials/{name}/refresh", "")).Is(HttpStatusCode.OK);
        Assert.NotEqual(first, (await admin.GetAsync($"credentials/{name}")).Token("refresh_token"));
    }
}
