using System.Globalization;
using System.Net;
using System.Text.Json;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Audit;

/// <summary>The number of audit entries by hour and day.</summary>
public sealed class AuditCountServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    private VaultClient Admin => vault.Admin;

    // The partition of the next month is there, and no server writes to it yet.
    private static DateTimeOffset Day
    {
        get
        {
            var month = DateTimeOffset.UtcNow.AddMonths(1);
            return new DateTimeOffset(month.Year, month.Month, 3, 0, 0, 0, TimeSpan.Zero);
        }
    }

    [Fact]
    public async Task The_last_24_hours_are_counted_by_outcome()
    {
        var key = await Admin.CreateKeyAsync(name: "counted", read: ["*"], write: ["*"]);
        using var client = Admin.With(key.Secret);
        (await client.PutCredentialAsync("counted.1")).Is(HttpStatusCode.Created);
        for (var i = 0; i < 3; i++)
        {
            (await client.GetAsync("credentials/counted.1")).Is(HttpStatusCode.OK);
        }

        (await client.PostAsync("credentials/read", """{"names":["counted.1"]}""")).Is(HttpStatusCode.OK);
        (await client.GetAsync("credentials/counted.2")).Is(HttpStatusCode.NotFound);
        (await client.GetAsync("keys")).Is(HttpStatusCode.Forbidden);

        var counts = (await Admin.GetAsync($"audit/counts?key={key.Id}")).Is(HttpStatusCode.OK).Json;

        Assert.Equal("hour", counts.GetProperty("by").GetString());
        Assert.InRange(counts.GetProperty("counts").GetArrayLength(), 24, 25);
        // The entry of the key's own creation has it as its target.
        Assert.Equal((6, 1, 1, 4), Sum(counts));
        Assert.Equal((5, 0, 0, 4), Sum((await Admin.GetAsync($"audit/counts?key={key.Id}&credential=counted.1")).Is(HttpStatusCode.OK).Json));
        Assert.Equal((0, 0, 1, 0), Sum((await Admin.GetAsync("audit/counts?by=day&credential=counted.2")).Is(HttpStatusCode.OK).Json));
    }

    [Fact]
    public async Task Each_part_of_the_range_is_told_and_holds_its_own_entries()
    {
        await InsertAsync(10.25, "credential.read", "success");
        await InsertAsync(10.75, "broker.call", "success");
        await InsertAsync(10.75, "credential.version.read", "denied");
        await InsertAsync(12, "credential.put", "success");
        await InsertAsync(13, "credential.read", "failure");
        await InsertAsync(36, "credential.read", "success");

        var hours = (await Admin.GetAsync($"audit/counts?since={At(10.5)}&until={At(13)}&credential=timed")).Is(HttpStatusCode.OK).Json;
        Assert.Equal(
            [$"{At(10)} 1 1 0 1", $"{At(11)} 0 0 0 0", $"{At(12)} 1 0 0 0"],
            hours.GetProperty("counts").EnumerateArray().Select(Describe)
        );
        var days = (await Admin.GetAsync($"audit/counts?since={At(0)}&until={At(48)}&credential=timed&by=day")).Is(HttpStatusCode.OK).Json;
        Assert.Equal([$"{At(0)} 3 1 1 2", $"{At(24)} 1 0 0 1"], days.GetProperty("counts").EnumerateArray().Select(Describe));
    }

    [Theory]
    [InlineData("by=minute", "by")]
    [InlineData("by=day&by=day", "by")]
    [InlineData("since=yesterday", "since")]
    [InlineData("until=2026-01-01", "until")]
    [InlineData("key=axv_sk_x", "key")]
    [InlineData("credential=../x", "credential")]
    [InlineData("since=2026-01-01T00:00:00Z&until=2026-01-01T00:00:00Z", "since")]
    [InlineData("since=2026-01-01T00:00:00Z&until=2026-01-17T16:00:00.001Z", "since")]
    [InlineData("since=2026-01-01T00:00:00Z&until=2027-02-05T00:00:00.001Z&by=day", "since")]
    [InlineData("until=0001-01-01T00:00:00Z", "since")]
    public async Task A_wrong_range_is_named(string query, string field) => (await Admin.GetAsync($"audit/counts?{query}")).IsInvalid(field);

    [Fact]
    public async Task At_most_400_parts_are_told() =>
        Assert.Equal(
            400,
            (await Admin.GetAsync("audit/counts?since=2026-01-01T00:00:00Z&until=2026-01-17T16:00:00Z"))
                .Is(HttpStatusCode.OK)
                .Json.GetProperty("counts")
                .GetArrayLength()
        );

    private static string At(double hours) => Day.AddHours(hours).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static (long, long, long, long) Sum(JsonElement counts)
    {
        var all = counts.GetProperty("counts").EnumerateArray().ToList();
        return (Of("success"), Of("denied"), Of("failure"), Of("reads"));

        long Of(string name) => all.Sum(count => count.GetProperty(name).GetInt64());
    }

    private static string Describe(JsonElement count) => string.Join(' ', count.EnumerateObject().Select(static member => member.Value.ToString()));

    private Task<int> InsertAsync(double hours, string action, string outcome) =>
        DatabaseContents.ExecuteAsync(
            vault.ConnectionString,
            $"""
            insert into axvault.audit_entry (lane, sequence, checkpoint, at, action, outcome, target, server, kek_id, mac)
            select 4711, 1 + count(*), 1, $1, '{action}', '{outcome}', 'timed', 'none', substring(sha256('x') for 8), sha256('x')
            from axvault.audit_entry where lane = 4711
            """,
            Day.AddHours(hours)
        );
}
