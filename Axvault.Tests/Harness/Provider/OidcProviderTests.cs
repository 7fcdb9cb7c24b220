using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Web;

namespace Axvault.Tests.Harness.Provider;

/// <summary>The OpenID provider that tests sign in at.</summary>
public sealed class OidcProviderTests : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });

    [Fact]
    public async Task A_code_with_pkce_gets_tokens_and_each_refresh_token_works_once()
    {
        await using var provider = await OidcProvider.StartAsync();
        using var person = new OidcPerson(provider, "ada");
        const string Verifier = "0123456789-0123456789-0123456789-0123456789";
        var challenge = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier)));
        var query =
            $"response_type=code&client_id={OidcProvider.Agent}&redirect_uri={Uri.EscapeDataString(OidcProvider.AgentRedirect)}"
            + $"&scope=openid%20email%20profile%20offline_access&prompt=consent&state=here&code_challenge={challenge}&code_challenge_method=S256";

        var callback = await person.LogInAsync(new Uri($"{provider.Issuer}/auth?{query}"));
        Assert.StartsWith(OidcProvider.AgentRedirect + "?", callback.ToString(), StringComparison.Ordinal);
        var parameters = HttpUtility.ParseQueryString(callback.Query);
        Assert.Equal(("here", provider.Issuer), (parameters["state"], parameters["iss"]));
        var tokens = await TokensAsync(
            provider,
            ("grant_type", "authorization_code"),
            ("code", parameters["code"]!),
            ("redirect_uri", OidcProvider.AgentRedirect),
            ("code_verifier", Verifier)
        );
        var claims = ClaimsOf(tokens);
        Assert.Equal("ada", claims.GetProperty("sub").GetString());
        Assert.Equal("ada@example.com", claims.GetProperty("email").GetString());
        Assert.True(claims.GetProperty("email_verified").GetBoolean());
        Assert.Equal("vault-admins", claims.GetProperty("groups")[0].GetString());

        (string, string)[] refresh = [("grant_type", "refresh_token"), ("refresh_token", tokens.GetProperty("refresh_token").GetString()!)];
        var next = await TokensAsync(provider, refresh);
        Assert.NotEqual(refresh[1].Item2, next.GetProperty("refresh_token").GetString());
        Assert.Equal("invalid_grant", (await PostAsync(provider, "token", refresh)).Json.GetProperty("error").GetString());
    }

    [Fact]
    public async Task A_device_gets_tokens_after_a_person_has_entered_its_code()
    {
        await using var provider = await OidcProvider.StartAsync();
        using var person = new OidcPerson(provider, "grace");

        var (status, device) = await PostAsync(provider, "device/auth", ("scope", "openid profile offline_access"));
        Assert.Equal(HttpStatusCode.OK, status);
        (string, string)[] poll =
        [
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("device_code", device.GetProperty("device_code").GetString()!),
        ];
        Assert.Equal("authorization_pending", (await PostAsync(provider, "token", poll)).Json.GetProperty("error").GetString());

        await person.AllowDeviceAsync(new Uri(device.GetProperty("verification_uri").GetString()!), device.GetProperty("user_code").GetString()!);

        var tokens = await TokensAsync(provider, poll);
        Assert.Equal("grace", ClaimsOf(tokens).GetProperty("sub").GetString());
        Assert.True(tokens.TryGetProperty("refresh_token", out _));
    }

    [Fact]
    public async Task A_person_who_refuses_leads_the_client_to_an_error()
    {
        await using var provider = await OidcProvider.StartAsync();
        using var person = new OidcPerson(provider, "ada");
        var query = $"response_type=code&client_id={OidcProvider.Agent}&scope=openid&code_challenge={new string('a', 43)}&code_challenge_method=S256";

        var callback = await person.LogInAsync(new Uri($"{provider.Issuer}/auth?{query}"), refuses: true);

        Assert.Equal("access_denied", HttpUtility.ParseQueryString(callback.Query)["error"]);
    }

    /// <inheritdoc />
    public void Dispose() => _http.Dispose();

    private static JsonElement ClaimsOf(JsonElement tokens) =>
        JsonSerializer.Deserialize<JsonElement>(Base64Url.DecodeFromChars(tokens.GetProperty("id_token").GetString()!.Split('.')[1]));

    private async Task<JsonElement> TokensAsync(OidcProvider provider, params (string Name, string Value)[] fields)
    {
        var (status, json) = await PostAsync(provider, "token", fields);
        Assert.True(status == HttpStatusCode.OK, json.ToString());
        return json;
    }

    private async Task<(HttpStatusCode Status, JsonElement Json)> PostAsync(OidcProvider provider, string path, params (string Name, string Value)[] fields)
    {
        using var form = new FormUrlEncodedContent(
            fields.Append(("client_id", OidcProvider.Agent)).Select(static field => KeyValuePair.Create(field.Item1, field.Item2))
        );
        using var response = await _http.PostAsync(new Uri($"{provider.Issuer}/{path}"), form, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return (response.StatusCode, JsonSerializer.Deserialize<JsonElement>(text));
    }
}
