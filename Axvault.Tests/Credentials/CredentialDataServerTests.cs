using System.Net;
using System.Text;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Credentials;

/// <summary>Data comes back byte for byte and is nowhere in the database in plain text.</summary>
public sealed class CredentialDataServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    private VaultClient Admin => vault.Admin;

    [Theory]
    [InlineData("{}")]
    [InlineData("{ }")]
    [InlineData("{\n\t\"a\" : 1 ,\r\n \"b\":[ ] }")]
    [InlineData("""{"z":1,"a":2,"m":3}""")]
    [InlineData("""{"n":1e400}""")]
    [InlineData("""{"n":-1E-400}""")]
    [InlineData("""{"n":0.1000}""")]
    [InlineData("""{"n":-0}""")]
    [InlineData("""{"n":1.0}""")]
    [InlineData("""{"n":18446744073709551616}""")]
    [InlineData("""{"n":123456789012345678901234567890123456789012345678901234567890}""")]
    [InlineData("""{"n":0.1234567890123456789012345678901234567890}""")]
    [InlineData("""{"s":"\u0041\/\"\\\b\f\n\r\t"}""")]
    [InlineData("""{"s":"<script>&'+"}""")]
    [InlineData("""{"s":"\u003cscript\u003e"}""")]
    [InlineData("""{"s":"é🔑\u00e9\ud83d\udd11"}""")]
    [InlineData("""{"s":"\u0000"}""")]
    [InlineData("""{"s":"\ud800"}""")]
    [InlineData("""{"s":"\udc00\ud800"}""")]
    [InlineData("""{"s":"\uD83D\u0041"}""")]
    [InlineData("""{"s":"\ufeff\uffff\u2028\u2029"}""")]
    [InlineData("""{"":0,"\u0061":1,"b\u0000":2}""")]
    [InlineData("""{"a":{"a":{"a":[[],{},null,true,false,[[[]]]]}}}""")]
    [InlineData("""{"__proto__":{"x":1},"constructor":null,"$type":"System.Object","$ref":"#","$id":"1"}""")]
    [InlineData("""{"data":{"data":{"type":"api-key"}}}""")]
    public async Task Data_comes_back_byte_for_byte(string data)
    {
        var name = $"data-{Guid.NewGuid():n}";
        (await Admin.PutCredentialAsync(name, data)).Is(HttpStatusCode.Created);

        var answer = await Admin.GetAsync($"credentials/{name}");

        answer.Is(HttpStatusCode.OK);
        Assert.Contains($"\"data\":{data}", answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"\ud800":1}""")]
    [InlineData("""{"a":{"\udc00":1}}""")]
    [InlineData("""{"\ud800":1,"\ud800":2}""")]
    public async Task A_member_name_of_invalid_Unicode_is_kept_or_refused_without_a_server_error(string data)
    {
        var name = $"data-{Guid.NewGuid():n}";
        var put = await Admin.PutCredentialAsync(name, data);

        if (put.Status == HttpStatusCode.Created)
        {
            Assert.Contains($"\"data\":{data}", (await Admin.GetAsync($"credentials/{name}")).Text, StringComparison.Ordinal);
        }
        else
        {
            put.IsProblem(HttpStatusCode.BadRequest, "invalid-request");
        }
    }

    [Fact]
    public async Task Data_of_nearly_a_mebibyte_comes_back()
    {
        var data = $$"""{"blob":"{{new string('x', (1024 * 1024) - 100)}}"}""";
        (await Admin.PutCredentialAsync("large", data)).Is(HttpStatusCode.Created);

        Assert.Equal(data, (await Admin.GetAsync("credentials/large")).Raw("data"));
    }

    [Fact]
    public async Task Data_holds_at_most_10000_values()
    {
        (await Admin.PutCredentialAsync("values", $"{{\"a\":[{string.Join(',', Enumerable.Repeat("0", 9_998))}]}}")).Is(HttpStatusCode.Created);
        (await Admin.PutCredentialAsync("values", $"{{\"a\":[{string.Join(',', Enumerable.Repeat("0", 9_999))}]}}")).IsInvalid("data");
    }

    [Theory]
    [InlineData("""{"a":1,"a":2}""")]
    [InlineData("""{"a":1,"\u0061":2}""")]
    [InlineData("""{"a":{"b":1,"b":1}}""")]
    [InlineData("""{"a":[{"b":1,"b":1}]}""")]
    public async Task A_duplicate_member_is_400(string data)
    {
        (await Admin.PutCredentialAsync("twice", data)).IsProblem(HttpStatusCode.BadRequest, "invalid-request");
    }

    [Fact]
    public async Task No_table_of_the_database_shows_a_token()
    {
        const string Token = "sk-ant-oat01-canary-Q7fK2mXw9ZpL4vTn8RbY";
        const string Refresh = "sk-ant-ort01-canary-H3dS6gJc1WqN5uEx0AoM";
        (
            await Admin.PutAsync(
                "credentials/at-rest",
                $$$"""
                {"type":"oauth-credentials","data":{"claudeAiOauth":{"accessToken":"{{{Token}}}","refreshToken":"{{{Refresh}}}"}},
                "notes":"visible-note-4711"}
                """
            )
        ).Is(HttpStatusCode.Created);
        (await Admin.GetAsync("credentials/at-rest")).Is(HttpStatusCode.OK);

        var contents = await DatabaseContents.ReadAsync(vault.ConnectionString);

        Assert.True(contents.Holds("visible-note-4711"), "The search must find what is stored in plain text.");
        Assert.All([Token, Refresh, "claudeAiOauth", "accessToken", ServerSettings.DefaultKey], secret => Assert.False(contents.Holds(secret)));
        Assert.Contains(Token, (await Admin.GetAsync("credentials/at-rest")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_data_is_encrypted_differently_each_time()
    {
        await Admin.PutCredentialAsync("alike.1", """{"apiKey":"the same"}""");
        await Admin.PutCredentialAsync("alike.2", """{"apiKey":"the same"}""");
        var first = await EnvelopeAsync("alike.1");
        await Admin.PutCredentialAsync("alike.1", """{"apiKey":"the same"}""");
        var again = await EnvelopeAsync("alike.1");
        var other = await EnvelopeAsync("alike.2");

        // The first nine bytes are the version and the id of the key encryption key. The wrapped data encryption key, nonce and tag follow.
        Assert.Equal(first.AsSpan(0, 9), again.AsSpan(0, 9));
        Assert.Equal(3, new[] { first, again, other }.Select(static envelope => Convert.ToHexString(envelope, 9, 40)).Distinct().Count());
        Assert.Equal(3, new[] { first, again, other }.Select(static envelope => Convert.ToHexString(envelope, 49, 12)).Distinct().Count());
        Assert.Equal(3, new[] { first, again, other }.Select(static envelope => Convert.ToHexString(envelope, 61, 16)).Distinct().Count());
    }

    [Fact]
    public async Task An_answer_is_UTF_8_without_a_byte_order_mark()
    {
        await Admin.PutCredentialAsync("utf8", """{"s":"é"}""");

        var answer = await Admin.GetAsync("credentials/utf8");

        Assert.Equal((byte)'{', answer.Bytes[0]);
        Assert.True(answer.Bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes("é")) > 0);
    }

    private Task<byte[]> EnvelopeAsync(string name) =>
        DatabaseContents.ScalarAsync<byte[]>(
            vault.ConnectionString,
            $"select envelope from axvault.credential_version where name = '{name}' and replaced_at is null"
        );
}
