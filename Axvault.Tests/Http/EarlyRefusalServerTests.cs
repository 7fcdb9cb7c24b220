using System.Net;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Http;

/// <summary>A caller that may not make a call is told before its body is read.</summary>
public sealed class EarlyRefusalServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    private const string Declared = "Content-Length: 1000001";
    private const string Expected = Declared + "\r\nExpect: 100-continue";
    private const string Chunked = "Transfer-Encoding: chunked";

    private VaultClient Admin => vault.Admin;

    public static TheoryData<string, string> Calls =>
        new(
            from call in (string[])
                ["POST keys", "PATCH keys/k_0123456789ab", "POST keys/k_0123456789ab/rotate", "PUT credentials/refused", "POST credentials/read"]
            from framing in (string[])[Declared, Expected, Chunked]
            select (call, framing)
        );

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_key_without_rights_is_refused_before_its_body_is_read(string call, string framing)
    {
        using var bare = await Admin.WithNewKeyAsync();

        Assert.StartsWith("HTTP/1.1 403 ", await HeadAsync(call, framing, $"Authorization: Bearer {bare.Secret}"), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_request_without_a_key_is_refused_before_its_body_is_read(string call, string framing) =>
        Assert.StartsWith("HTTP/1.1 401 ", await HeadAsync(call, framing, "X-None: 1"), StringComparison.Ordinal);

    [Theory]
    [InlineData("credentials/refused/versions/0123456789abcdef0123456789abcdef/restore")]
    [InlineData("credentials/refused/undelete")]
    [InlineData("credentials/refused/refresh")]
    public async Task A_call_that_takes_no_body_does_not_wait_for_one(string path)
    {
        using var bare = await Admin.WithNewKeyAsync(write: ["other"]);

        Assert.StartsWith("HTTP/1.1 403 ", await HeadAsync($"POST {path}", Chunked, $"Authorization: Bearer {bare.Secret}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_before_the_body_has_the_audit_entry_of_the_call()
    {
        var key = await Admin.CreateKeyAsync(write: ["other"]);
        using var writer = Admin.With(key.Secret);

        (await writer.PutAsync("credentials/refused", "not json")).IsForbidden();

        var entry = Assert.Single((await Admin.GetAsync($"audit?key={key.Id}&action=credential.put")).Json.GetProperty("entries").EnumerateArray().ToList());
        Assert.Equal(
            ("credential.put", "denied", "refused", "no write access"),
            (Text("action"), Text("outcome"), Text("target"), Text("reason"))
        );

        string? Text(string member) => entry.GetProperty(member).GetString();
    }

    [Fact]
    public async Task A_right_given_a_moment_ago_counts_for_a_cached_key()
    {
        var key = await Admin.CreateKeyAsync(write: ["other"]);
        using var writer = Admin.With(key.Secret);
        (await writer.PutCredentialAsync("other")).Is(HttpStatusCode.Created);
        (await Admin.PatchAsync($"keys/{key.Id}", """{"writeAccess":["given"]}""")).Is(HttpStatusCode.OK);

        (await writer.PutCredentialAsync("given")).Is(HttpStatusCode.Created);
        (await writer.PutCredentialAsync("other")).IsForbidden();
    }

    [Fact]
    public async Task A_key_without_rights_rotates_itself()
    {
        var key = await Admin.CreateKeyAsync();
        using var own = Admin.With(key.Secret);

        (await own.PostAsync($"keys/{key.Id}/rotate", "{}")).Is(HttpStatusCode.OK);
    }

    // The head of the answer to a request whose body never comes.
    private async Task<string> HeadAsync(string call, string framing, string header)
    {
        var (method, path) = (call.Split(' ')[0], call.Split(' ')[1]);
        using var raw = await RawHttp.ConnectAsync(vault.Server.Address);
        await raw.SendAsync($"{method} /api/v1/{path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n{framing}\r\n{header}\r\n\r\n");
        return await raw.ReadHeadAsync();
    }
}
