using System.Net;
using System.Text;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Authentication;

public sealed class AuthenticationServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    public static TheoryData<string, string> Calls =>
        new()
        {
            { "POST", "keys" },
            { "GET", "keys" },
            { "GET", "keys/k_0123456789ab" },
            { "PATCH", "keys/k_0123456789ab" },
            { "DELETE", "keys/k_0123456789ab" },
            { "PUT", "credentials/a" },
            { "GET", "credentials" },
            { "GET", "credentials/a" },
            { "DELETE", "credentials/a" },
        };

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_call_without_a_key_is_401_and_says_how_to_send_one(string method, string path)
    {
        using var client = vault.Anonymous();

        var answer = await client.SendAsync(HttpMethod.Parse(method), path);

        answer.IsUnauthorized();
        Assert.Equal("Bearer", answer.Headers["WWW-Authenticate"]);
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_call_without_a_key_is_401_even_with_a_malformed_body(string method, string path)
    {
        using var client = vault.Anonymous();

        (await client.SendAsync(HttpMethod.Parse(method), path, new StringContent("{", Encoding.UTF8, "application/json"))).IsUnauthorized();
    }

    public static TheoryData<string> WrongHeaders =>
        [
            "",
            " ",
            "Bearer",
            "Bearer ",
            "Bearer axv_sk_",
            "Bearer axv_sk_0000000000000000000000000000000000000000000000000",
            "Bearer AXV_SK_0000000000000000000000000000000000000000000000000",
            "Bearer null",
            "Basic YWRtaW46YWRtaW4=",
            "Token axv_sk_0000000000000000000000000000000000000000000000000",
            "axv_sk_0000000000000000000000000000000000000000000000000",
            "Bearer a b c",
            "Bearer,",
            ",",
            "=",
            "Bearer \"",
            "Digest username=\"",
        ];

    [Theory]
    [MemberData(nameof(WrongHeaders))]
    public async Task A_header_without_a_known_key_is_401(string header)
    {
        using var client = vault.Anonymous();

        var answer = await client.SendAsync(HttpMethod.Get, "credentials", headers: headers => headers.TryAddWithoutValidation("Authorization", header));

        answer.IsUnauthorized();
        Assert.StartsWith("Bearer", answer.Headers["WWW-Authenticate"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_header_of_60000_characters_is_refused_and_the_server_goes_on()
    {
        using var client = vault.Anonymous();

        var answer = await client.SendAsync(HttpMethod.Get, "credentials", headers: headers =>
            headers.TryAddWithoutValidation("Authorization", "Bearer " + new string('a', 60_000))
        );

        Assert.True(answer.Status is HttpStatusCode.Unauthorized or HttpStatusCode.RequestHeaderFieldsTooLarge, $"{answer.Status}");
        (await vault.Admin.GetAsync("keys")).Is(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("bearer")]
    [InlineData("BEARER")]
    public async Task The_scheme_is_case_insensitive(string scheme)
    {
        using var client = vault.Anonymous();

        (
            await client.SendAsync(HttpMethod.Get, "credentials", headers: headers =>
                headers.TryAddWithoutValidation("Authorization", $"{scheme} {vault.Admin.Secret}")
            )
        ).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Two_keys_at_once_are_401_even_when_both_are_right()
    {
        using var raw = await RawHttp.ConnectAsync(vault.Server.Address);
        await raw.SendAsync(
            "GET /api/v1/credentials HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                + $"Authorization: Bearer {vault.Admin.Secret}\r\nAuthorization: Bearer {vault.Admin.Secret}\r\n\r\n"
        );

        Assert.StartsWith("HTTP/1.1 401 ", await raw.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_with_non_ASCII_characters_is_refused()
    {
        var answer = await RawHttp.ExchangeAsync(
            vault.Server.Address,
            Encoding.UTF8.GetBytes("GET /api/v1/credentials HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer axv_sk_éé\r\n\r\n")
        );

        Assert.Matches("^HTTP/1.1 40[01] ", answer);
    }

    [Fact]
    public async Task A_secret_with_any_character_changed_is_unknown()
    {
        var secret = vault.Admin.Secret!;
        for (var i = 0; i < secret.Length; i++)
        {
            using var client = vault.Server.Client(secret[..i] + (secret[i] == 'x' ? 'y' : 'x') + secret[(i + 1)..]);
            (await client.GetAsync("credentials")).IsUnauthorized();
        }
    }

    [Theory]
    [InlineData("?access_token=")]
    [InlineData("?api_key=")]
    [InlineData("?authorization=Bearer%20")]
    public async Task A_key_in_the_query_string_is_not_accepted(string query)
    {
        using var client = vault.Anonymous();

        (await client.GetAsync($"credentials{query}{vault.Admin.Secret}")).IsUnauthorized();
    }

    [Fact]
    public async Task A_secret_has_a_format_that_secret_scanners_find()
    {
        using var client = await vault.Admin.WithNewKeyAsync();

        Assert.Matches("^axv_sk_[0-9A-Za-z]{49}$", client.Secret);
        Assert.Matches("^axv_sk_[0-9A-Za-z]{49}$", vault.Admin.Secret);
    }
}
