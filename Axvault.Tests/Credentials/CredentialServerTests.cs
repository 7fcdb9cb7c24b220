using System.Globalization;
using System.Net;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Credentials;

public sealed class CredentialServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    private const string Time = @"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$";
    private const string Full = """
        {"type":"oauth-credentials","data":{"access_token":"at","refresh_token":"rt-full"},"agent":"claude","provider":"anthropic",
        "expiresAt":"2030-01-15T10:30:00.000Z","displayName":"Zoë’s Claude","notes":"line 1\nline 2\t\"🔑\""}
        """;

    private VaultClient Admin => vault.Admin;

    [Fact]
    public async Task A_put_is_201_with_the_name_and_the_times_on_create_and_on_replace()
    {
        foreach (var attempt in new[] { "create", "replace" })
        {
            var answer = await Admin.PutAsync("credentials/put", With("rt-put"));

            answer.Is(HttpStatusCode.Created);
            Assert.Equal("application/json", answer.ContentType);
            Assert.Equal(["createdAt", "name", "updatedAt"], answer.Members.Order(StringComparer.Ordinal));
            Assert.Equal("put", answer.Json.GetProperty("name").GetString());
            Assert.Matches(Time, answer.Json.GetProperty("createdAt").GetString());
            Assert.Matches(Time, answer.Json.GetProperty("updatedAt").GetString());
            Assert.False(answer.Text.Contains("access_token", StringComparison.Ordinal), attempt);
        }
    }

    [Fact]
    public async Task A_get_returns_everything_that_was_put()
    {
        var put = await Admin.PutAsync("credentials/full", Full);

        var answer = await Admin.GetAsync("credentials/full");

        answer.Is(HttpStatusCode.OK);
        Assert.Equal("application/json", answer.ContentType);
        Assert.Equal(
            ["agent", "createdAt", "data", "displayName", "expiresAt", "name", "notes", "provider", "type", "updatedAt"],
            answer.Members.Order(StringComparer.Ordinal)
        );
        Assert.Equal("full", answer.Json.GetProperty("name").GetString());
        Assert.Equal("oauth-credentials", answer.Json.GetProperty("type").GetString());
        Assert.Equal("claude", answer.Json.GetProperty("agent").GetString());
        Assert.Equal("anthropic", answer.Json.GetProperty("provider").GetString());
        Assert.Equal("2030-01-15T10:30:00.000Z", answer.Json.GetProperty("expiresAt").GetString());
        Assert.Equal("Zoë’s Claude", answer.Json.GetProperty("displayName").GetString());
        Assert.Equal("line 1\nline 2\t\"🔑\"", answer.Json.GetProperty("notes").GetString());
        Assert.Equal("""{"access_token":"at","refresh_token":"rt-full"}""", answer.Raw("data"));
        Assert.Equal(put.Raw("createdAt"), answer.Raw("createdAt"));
        Assert.Equal(put.Raw("updatedAt"), answer.Raw("updatedAt"));
    }

    [Fact]
    public async Task Unset_and_null_members_are_left_out()
    {
        await Admin.PutAsync(
            "credentials/least",
            """{"type":"api-key","data":{},"agent":null,"provider":null,"expiresAt":null,"displayName":null,"notes":null}"""
        );

        Assert.Equal(["createdAt", "data", "name", "type", "updatedAt"], (await Admin.GetAsync("credentials/least")).Members.Order(StringComparer.Ordinal));
        var listed = (await Admin.GetAsync("credentials"))
            .Json.GetProperty("credentials")
            .EnumerateArray()
            .Single(static credential => credential.GetProperty("name").GetString() == "least");
        Assert.Equal(
            ["createdAt", "name", "permittedUse", "renewed", "type", "updatedAt"],
            listed.EnumerateObject().Select(static member => member.Name).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task A_put_replaces_everything_except_the_time_of_creation()
    {
        var first = await Admin.PutAsync("credentials/replaced", With("rt-replaced"));
        var second = await Admin.PutAsync("credentials/replaced", """{"type":"api-key","data":{"apiKey":"sk"}}""");

        Assert.Equal(first.Raw("createdAt"), second.Raw("createdAt"));
        Assert.True(second.Json.GetProperty("updatedAt").GetDateTimeOffset() >= first.Json.GetProperty("updatedAt").GetDateTimeOffset());
        var answer = await Admin.GetAsync("credentials/replaced");
        Assert.Equal(["createdAt", "data", "name", "type", "updatedAt"], answer.Members.Order(StringComparer.Ordinal));
        Assert.Equal("""{"apiKey":"sk"}""", answer.Raw("data"));
        Assert.Equal("api-key", answer.Json.GetProperty("type").GetString());
    }

    [Fact]
    public async Task The_time_of_creation_is_the_time_of_the_put()
    {
        var before = DateTimeOffset.UtcNow.AddSeconds(-1);

        var answer = await Admin.PutCredentialAsync("timed");

        Assert.InRange(answer.Json.GetProperty("createdAt").GetDateTimeOffset(), before, DateTimeOffset.UtcNow.AddSeconds(1));
    }

    [Fact]
    public async Task A_deleted_credential_is_gone_and_can_be_put_again()
    {
        var first = await Admin.PutCredentialAsync("deleted");

        var answer = await Admin.DeleteAsync("credentials/deleted");

        answer.Is(HttpStatusCode.NoContent);
        Assert.Empty(answer.Bytes);
        (await Admin.GetAsync("credentials/deleted")).IsNotFound();
        (await Admin.DeleteAsync("credentials/deleted")).IsNotFound();
        var second = await Admin.PutCredentialAsync("deleted", """{"apiKey":"other"}""");
        Assert.True(second.Json.GetProperty("createdAt").GetDateTimeOffset() >= first.Json.GetProperty("createdAt").GetDateTimeOffset());
        Assert.Equal("""{"apiKey":"other"}""", (await Admin.GetAsync("credentials/deleted")).Raw("data"));
    }

    [Fact]
    public async Task Concurrent_puts_of_one_name_leave_one_row_with_the_data_of_one_put()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Admin.PutCredentialAsync("parallel", $$"""{"n":{{i}}}""")));

        Assert.All(answers, static answer => answer.Is(HttpStatusCode.Created));
        Assert.Single(answers.Select(static answer => answer.Raw("createdAt")).Distinct());
        Assert.InRange((await Admin.GetAsync("credentials/parallel")).Json.GetProperty("data").GetProperty("n").GetInt32(), 0, 39);
    }

    [Fact]
    public async Task Concurrent_puts_and_deletes_of_one_name_never_fail()
    {
        var answers = await Task.WhenAll(
            Enumerable
                .Range(0, 16)
                .Select(async i =>
                {
                    List<HttpStatusCode> statuses = [];
                    for (var n = 0; n < 40; n++)
                    {
                        statuses.Add(
                            ((i + n) % 3) switch
                            {
                                0 => (await Admin.DeleteAsync("credentials/contended")).Status,
                                1 => (await Admin.GetAsync("credentials/contended")).Status,
                                _ => (await Admin.PutCredentialAsync("contended")).Status,
                            }
                        );
                    }

                    return statuses;
                })
        );

        var others = answers
            .SelectMany(static statuses => statuses)
            .Where(static status => status is not (HttpStatusCode.Created or HttpStatusCode.OK or HttpStatusCode.NoContent or HttpStatusCode.NotFound))
            .GroupBy(static status => status)
            .Select(static group => string.Create(CultureInfo.InvariantCulture, $"{group.Count()} × {(int)group.Key}"));
        Assert.Equal("", string.Join(", ", others));
    }

    // Each credential has a refresh token of its own.
    private static string With(string refreshToken) => Full.Replace("rt-full", refreshToken, StringComparison.Ordinal);
}
