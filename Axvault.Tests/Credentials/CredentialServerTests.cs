using System.Globalization;
using System.Net;
using Axvault.Tests.Server;

namespace Axvault.Tests.Credentials;

public sealed class CredentialServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    private const string Time = @"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$";
    private const string Full =
        """{"type":"oauth-credentials","data":{"access_token":"at","refresh_token":"rt"},"agent":"claude","provider":"anthropic","expiresAt":"2030-01-15T10:30:00.000Z","displayName":"Zoë’s Claude","notes":"line 1\nline 2\t\"🔑\""}""";

    private VaultClient Admin => vault.Admin;

    [Fact]
    public async Task A_put_is_201_with_the_name_and_the_times_on_create_and_on_replace()
    {
        foreach (var attempt in new[] { "create", "replace" })
        {
            var answer = await Admin.PutAsync("credentials/put", Full);

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
    public async Task A_get_has_all_that_was_put()
    {
        var put = await Admin.PutAsync("credentials/full", Full);

        var answer = await Admin.GetAsync("credentials/full");

        answer.Is(HttpStatusCode.OK);
        Assert.Equal("application/json", answer.ContentType);
        Assert.Equal(
            ["agent", "createdAt", "data", "displayName", "expiresAt", "name", "notes", "provider", "type", "updatedAt"],
            answer.Members.Order(StringComparer.Ordinal));
        Assert.Equal("full", answer.Json.GetProperty("name").GetString());
        Assert.Equal("oauth-credentials", answer.Json.GetProperty("type").GetString());
        Assert.Equal("claude", answer.Json.GetProperty("agent").GetString());
        Assert.Equal("anthropic", answer.Json.GetProperty("provider").GetString());
        Assert.Equal("2030-01-15T10:30:00.000Z", answer.Json.GetProperty("expiresAt").GetString());
        Assert.Equal("Zoë’s Claude", answer.Json.GetProperty("displayName").GetString());
        Assert.Equal("line 1\nline 2\t\"🔑\"", answer.Json.GetProperty("notes").GetString());
        Assert.Equal("""{"access_token":"at","refresh_token":"rt"}""", answer.Raw("data"));
        Assert.Equal(put.Raw("createdAt"), answer.Raw("createdAt"));
        Assert.Equal(put.Raw("updatedAt"), answer.Raw("updatedAt"));
    }

    [Fact]
    public async Task Members_that_are_unset_or_null_are_left_out()
    {
        await Admin.PutAsync("credentials/least", """{"type":"api-key","data":{},"agent":null,"provider":null,"expiresAt":null,"displayName":null,"notes":null}""");

        Assert.Equal(["createdAt", "data", "name", "type", "updatedAt"], (await Admin.GetAsync("credentials/least")).Members.Order(StringComparer.Ordinal));
        var listed = (await Admin.GetAsync("credentials")).Json.GetProperty("credentials").EnumerateArray().Single(static credential => credential.GetProperty("name").GetString() == "least");
        Assert.Equal(["createdAt", "name", "type", "updatedAt"], listed.EnumerateObject().Select(static member => member.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_put_replaces_everything_and_keeps_the_time_of_creation()
    {
        var first = await Admin.PutAsync("credentials/replaced", Full);
        var second = await Admin.PutAsync("credentials/replaced", """{"type":"api-key","data":{"apiKey":"sk"}}""");

        Assert.Equal(first.Raw("createdAt"), second.Raw("createdAt"));
        Assert.True(second.Json.GetProperty("updatedAt").GetDateTimeOffset() >= first.Json.GetProperty("updatedAt").GetDateTimeOffset());
        var answer = await Admin.GetAsync("credentials/replaced");
        Assert.Equal(["createdAt", "data", "name", "type", "updatedAt"], answer.Members.Order(StringComparer.Ordinal));
        Assert.Equal("""{"apiKey":"sk"}""", answer.Raw("data"));
        Assert.Equal("api-key", answer.Json.GetProperty("type").GetString());
    }

    [Fact]
    public async Task Times_tell_when_it_was()
    {
        var before = DateTimeOffset.UtcNow.AddSeconds(-1);

        var answer = await Admin.PutCredentialAsync("timed");

        Assert.InRange(answer.Json.GetProperty("createdAt").GetDateTimeOffset(), before, DateTimeOffset.UtcNow.AddSeconds(1));
    }

    [Fact]
    public async Task A_deleted_credential_is_gone_and_may_be_put_anew()
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

    [Theory]
    [InlineData("oauth-credentials")]
    [InlineData("oauth-token")]
    [InlineData("api-key")]
    public async Task Every_type_is_kept(string type)
    {
        (await Admin.PutAsync($"credentials/{type}", new { type, data = new { a = 1 } })).Is(HttpStatusCode.Created);

        Assert.Equal(type, (await Admin.GetAsync($"credentials/{type}")).Json.GetProperty("type").GetString());
    }

    [Theory]
    [InlineData("2026-01-15T10:30:00Z", "2026-01-15T10:30:00.000Z")]
    [InlineData("2026-01-15T10:30:00.000Z", "2026-01-15T10:30:00.000Z")]
    [InlineData("2026-01-15T12:30:00.5+02:00", "2026-01-15T10:30:00.500Z")]
    [InlineData("2026-01-15t10:30:00z", "2026-01-15T10:30:00.000Z")]
    [InlineData("2026-01-14T22:30:00.123456-12:00", "2026-01-15T10:30:00.123Z")]
    [InlineData("2026-01-15T10:30:00.9999Z", "2026-01-15T10:30:00.999Z")]
    [InlineData("2026-01-15T10:30:00.999999999Z", "2026-01-15T10:30:00.999Z")]
    [InlineData("2024-02-29T23:59:59.999Z", "2024-02-29T23:59:59.999Z")]
    [InlineData("1969-12-31T23:59:59Z", "1969-12-31T23:59:59.000Z")]
    [InlineData("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z")]
    [InlineData("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z")]
    [InlineData("9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.999Z")]
    public async Task A_time_of_RFC_3339_is_kept_to_the_millisecond_in_UTC(string given, string kept)
    {
        var name = $"time-{Guid.NewGuid():n}";
        (await Admin.PutAsync($"credentials/{name}", new { type = "oauth-token", data = new { }, expiresAt = given })).Is(HttpStatusCode.Created);

        Assert.Equal(kept, (await Admin.GetAsync($"credentials/{name}")).Json.GetProperty("expiresAt").GetString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("tomorrow")]
    [InlineData("2026-01-15")]
    [InlineData("2026-01-15 10:30:00Z")]
    [InlineData("2026-01-15T10:30:00")]
    [InlineData("2026-01-15T10:30Z")]
    [InlineData("2026-13-01T00:00:00Z")]
    [InlineData("2026-02-30T00:00:00Z")]
    [InlineData("2026-01-15T25:00:00Z")]
    [InlineData("2026-01-15T10:30:00+25:00")]
    [InlineData("0001-01-01T00:00:00+14:00")]
    [InlineData("9999-12-31T23:59:59-14:00")]
    [InlineData("10000-01-01T00:00:00Z")]
    [InlineData("2026-01-15T10:30:00Z\n")]
    [InlineData(" 2026-01-15T10:30:00Z")]
    [InlineData("２０２６-01-15T10:30:00Z")]
    [InlineData("1768473000")]
    public async Task What_is_no_time_of_RFC_3339_is_400(string expiresAt)
    {
        (await Admin.PutAsync("credentials/wrong-time", new { type = "oauth-token", data = new { }, expiresAt })).IsInvalid("expiresAt");
    }

    [Theory]
    [InlineData("{}", "type")]
    [InlineData("""{"type":"api-key"}""", "data")]
    [InlineData("""{"type":"api-key","data":null}""", "data")]
    [InlineData("""{"type":"api-key","data":[]}""", "data")]
    [InlineData("""{"type":"api-key","data":"x"}""", "data")]
    [InlineData("""{"type":"api-key","data":1}""", "data")]
    [InlineData("""{"type":"api-key","data":true}""", "data")]
    [InlineData("""{"data":{}}""", "type")]
    [InlineData("""{"type":null,"data":{}}""", "type")]
    [InlineData("""{"type":"","data":{}}""", "type")]
    [InlineData("""{"type":"API-KEY","data":{}}""", "type")]
    [InlineData("""{"type":"oauth","data":{}}""", "type")]
    [InlineData("""{"type":1,"data":{}}""", "type")]
    [InlineData("""{"type":"api-key","data":{},"agent":""}""", "agent")]
    [InlineData("""{"type":"api-key","data":{},"agent":7}""", "agent")]
    [InlineData("""{"type":"api-key","data":{},"agent":"a\u0000"}""", "agent")]
    [InlineData("""{"type":"api-key","data":{},"agent":"a\nb"}""", "agent")]
    [InlineData("""{"type":"api-key","data":{},"provider":" "}""", "provider")]
    [InlineData("""{"type":"api-key","data":{},"displayName":"a\u0007"}""", "displayName")]
    [InlineData("""{"type":"api-key","data":{},"displayName":["x"]}""", "displayName")]
    [InlineData("""{"type":"api-key","data":{},"notes":"a\u0000b"}""", "notes")]
    [InlineData("""{"type":"api-key","data":{},"notes":{}}""", "notes")]
    [InlineData("""{"type":"api-key","data":{},"expiresAt":1768473000000}""", "expiresAt")]
    [InlineData("""{"type":"api-key","data":{},"agent":"opencode"}""", "provider")]
    [InlineData("""{"type":"api-key","data":{},"agent":"opencode","provider":null}""", "provider")]
    [InlineData("""{"type":"api-key","data":{},"agent":"opencode","provider":""}""", "provider")]
    public async Task A_body_that_breaks_a_rule_is_400_and_names_the_field(string body, string field)
    {
        (await Admin.PutAsync("credentials/wrong-body", body)).IsInvalid(field);
        (await Admin.GetAsync("credentials/wrong-body")).IsNotFound();
    }

    [Fact]
    public async Task Opencode_with_a_provider_is_kept()
    {
        (await Admin.PutAsync("credentials/opencode", """{"type":"api-key","data":{},"agent":"opencode","provider":"anthropic"}""")).Is(HttpStatusCode.Created);
    }

    [Theory]
    [InlineData("agent", 128)]
    [InlineData("provider", 128)]
    [InlineData("displayName", 256)]
    [InlineData("notes", 4096)]
    public async Task A_text_has_a_greatest_length_counted_in_code_points(string field, int most)
    {
        foreach (var character in new[] { "a", "é", "🔑" })
        {
            var fits = string.Concat(Enumerable.Repeat(character, most));
            (await Admin.PutAsync($"credentials/length-{field}", Body(fits))).Is(HttpStatusCode.Created);
            Assert.Equal(fits, (await Admin.GetAsync($"credentials/length-{field}")).Json.GetProperty(field).GetString());
            (await Admin.PutAsync($"credentials/length-{field}", Body(fits + character))).IsInvalid(field);
        }

        Dictionary<string, object> Body(string text) => new() { ["type"] = "api-key", ["data"] = new { }, [field] = text };
    }

    [Theory]
    [InlineData("a")]
    [InlineData("7")]
    [InlineData("Claude.Work_2-b")]
    [InlineData("a..b")]
    [InlineData("a%2Eb")]
    [InlineData("%61")]
    public async Task A_name_of_the_right_characters_works(string name)
    {
        (await Admin.PutCredentialAsync(name)).Is(HttpStatusCode.Created);
        (await Admin.GetAsync($"credentials/{name}")).Is(HttpStatusCode.OK);
        (await Admin.DeleteAsync($"credentials/{name}")).Is(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task A_name_has_at_most_128_characters()
    {
        (await Admin.PutCredentialAsync(new string('n', 128))).Is(HttpStatusCode.Created);
        (await Admin.GetAsync($"credentials/{new string('n', 128)}")).Is(HttpStatusCode.OK);
        (await Admin.PutCredentialAsync(new string('n', 129))).IsInvalid("name");
        (await Admin.GetAsync($"credentials/{new string('n', 129)}")).IsInvalid("name");
    }

    [Theory]
    [InlineData(".a")]
    [InlineData("-a")]
    [InlineData("_a")]
    [InlineData("*")]
    [InlineData("a*")]
    [InlineData("a%20b")]
    [InlineData("a%2Fb")]
    [InlineData("a%5Cb")]
    [InlineData("a%0A")]
    [InlineData("a%0D%0Ab")]
    [InlineData("%C3%A9")]
    [InlineData("%EF%BD%81")]
    [InlineData("%FF")]
    [InlineData("%zz")]
    [InlineData("%")]
    [InlineData("a%")]
    [InlineData("a%4")]
    [InlineData("%u0041")]
    [InlineData("%C0%80")]
    [InlineData("%ED%A0%80")]
    [InlineData("a'--")]
    [InlineData("a;b")]
    [InlineData("a:b")]
    [InlineData("a@b")]
    public async Task A_name_of_other_characters_is_400(string name)
    {
        (await Admin.PutCredentialAsync(name)).IsInvalid("name");
        (await Admin.GetAsync($"credentials/{name}")).IsInvalid("name");
        (await Admin.DeleteAsync($"credentials/{name}")).IsInvalid("name");
    }

    [Fact]
    public async Task Names_differ_by_case()
    {
        await Admin.PutCredentialAsync("Case", """{"apiKey":"upper"}""");
        await Admin.PutCredentialAsync("case", """{"apiKey":"lower"}""");

        Assert.Equal("""{"apiKey":"upper"}""", (await Admin.GetAsync("credentials/Case")).Raw("data"));
        Assert.Equal("""{"apiKey":"lower"}""", (await Admin.GetAsync("credentials/case")).Raw("data"));
        (await Admin.GetAsync("credentials/CASE")).IsNotFound();
    }

    [Theory]
    [InlineData("*", "anything", true)]
    [InlineData("claude.*", "claude.work", true)]
    [InlineData("claude.*", "claude.", true)]
    [InlineData("claude.*", "claude", false)]
    [InlineData("claude.*", "Claude.work", false)]
    [InlineData("claude.*", "xclaude.work", false)]
    [InlineData("claude*", "claude", true)]
    [InlineData("claude*", "claude2", true)]
    [InlineData("claude", "claude", true)]
    [InlineData("claude", "claude2", false)]
    [InlineData("claude", "Claude", false)]
    [InlineData("a_b", "axb", false)]
    [InlineData("a_*", "axb", false)]
    public async Task An_entry_reaches_the_names_that_it_covers(string entry, string name, bool reaches)
    {
        await Admin.PutCredentialAsync(name);
        using var reader = await Admin.WithNewKeyAsync(read: [entry]);
        using var writer = await Admin.WithNewKeyAsync(write: [entry]);

        if (reaches)
        {
            (await reader.GetAsync($"credentials/{name}")).Is(HttpStatusCode.OK);
            (await writer.PutCredentialAsync(name)).Is(HttpStatusCode.Created);
        }
        else
        {
            (await reader.GetAsync($"credentials/{name}")).IsForbidden();
            (await writer.PutCredentialAsync(name)).IsForbidden();
            (await writer.DeleteAsync($"credentials/{name}")).IsForbidden();
        }

        (await reader.PutCredentialAsync(name)).IsForbidden();
        (await reader.DeleteAsync($"credentials/{name}")).IsForbidden();
        (await writer.GetAsync($"credentials/{name}")).IsForbidden();
    }

    [Fact]
    public async Task A_refusal_is_the_same_whether_or_not_the_credential_exists()
    {
        await Admin.PutCredentialAsync("exists");
        using var other = await Admin.WithNewKeyAsync(["other"], ["other"]);

        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Delete })
        {
            var exists = (await other.SendAsync(method, "credentials/exists")).IsProblem(HttpStatusCode.Forbidden, "forbidden");
            var absent = (await other.SendAsync(method, "credentials/absent")).IsProblem(HttpStatusCode.Forbidden, "forbidden");
            Assert.Equal(exists.Replace("exists", "absent", StringComparison.Ordinal), absent);
        }
    }

    [Fact]
    public async Task A_name_that_may_be_read_and_is_not_there_is_404()
    {
        using var reader = await Admin.WithNewKeyAsync(read: ["absent.*"], write: ["absent.*"]);

        (await reader.GetAsync("credentials/absent.one")).IsNotFound();
        (await reader.DeleteAsync("credentials/absent.one")).IsNotFound();
    }

    [Fact]
    public async Task Parallel_puts_of_one_name_leave_one_row_with_the_data_of_one_of_them()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Admin.PutCredentialAsync("parallel", $$"""{"n":{{i}}}""")));

        Assert.All(answers, static answer => answer.Is(HttpStatusCode.Created));
        Assert.Single(answers.Select(static answer => answer.Raw("createdAt")).Distinct());
        Assert.InRange((await Admin.GetAsync("credentials/parallel")).Json.GetProperty("data").GetProperty("n").GetInt32(), 0, 39);
    }

    [Fact]
    public async Task Parallel_puts_and_deletes_of_one_name_never_fail()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(async i =>
        {
            List<HttpStatusCode> statuses = [];
            for (var n = 0; n < 40; n++)
            {
                statuses.Add(((i + n) % 3) switch
                {
                    0 => (await Admin.DeleteAsync("credentials/contended")).Status,
                    1 => (await Admin.GetAsync("credentials/contended")).Status,
                    _ => (await Admin.PutCredentialAsync("contended")).Status,
                });
            }

            return statuses;
        }));

        var others = answers.SelectMany(static statuses => statuses)
            .Where(static status => status is not (HttpStatusCode.Created or HttpStatusCode.OK or HttpStatusCode.NoContent or HttpStatusCode.NotFound))
            .GroupBy(static status => status)
            .Select(static group => string.Create(CultureInfo.InvariantCulture, $"{group.Count()} × {(int)group.Key}"));
        Assert.Equal("", string.Join(", ", others));
    }
}
