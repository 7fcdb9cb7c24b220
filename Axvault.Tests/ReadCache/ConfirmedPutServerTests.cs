using System.Net;
using Axvault.Tests.Harness.Servers;
using Npgsql;

namespace Axvault.Tests.ReadCache;

/// <summary>
/// A put is allowed by the current key and replaces the current credential, both as its own transaction sees them. Remembered rows that are out of date
/// change nothing.
/// </summary>
public sealed class ConfirmedPutServerTests(ConfirmedFleetFixture shared) : IClassFixture<ConfirmedFleetFixture>
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_key_that_another_replica_deleted_puts_nothing()
    {
        var fleet = await shared.FleetAsync();
        var key = await fleet.One.CreateKeyAsync(write: ["*"]);
        using var writer = fleet.Two.With(key.Secret);
        (await writer.PutCredentialAsync("deleted-key")).Is(HttpStatusCode.Created);

        (await fleet.One.DeleteAsync($"keys/{key.Id}")).Is(HttpStatusCode.NoContent);

        (await writer.PutCredentialAsync("deleted-key", """{"apiKey":"late"}""")).IsUnauthorized();
        Assert.Equal("sk-1", await DataAsync(fleet.One, "deleted-key"));
        Assert.Equal(1, await CountAsync(fleet, "axvault.audit_entry where action = 'credential.put' and target = 'deleted-key'"));
    }

    [Fact]
    public async Task A_key_narrowed_by_another_replica_puts_nothing_until_it_is_widened_again()
    {
        var fleet = await shared.FleetAsync();
        var key = await fleet.One.CreateKeyAsync(write: ["*"]);
        using var writer = fleet.Two.With(key.Secret);
        (await writer.PutCredentialAsync("narrowed")).Is(HttpStatusCode.Created);

        (await fleet.One.PatchAsync($"keys/{key.Id}", """{"writeAccess":["other"]}""")).Is(HttpStatusCode.OK);
        (await writer.PutCredentialAsync("narrowed", """{"apiKey":"late"}""")).IsForbidden();
        Assert.Equal("sk-1", await DataAsync(fleet.One, "narrowed"));

        (await fleet.One.PatchAsync($"keys/{key.Id}", """{"writeAccess":["narrowed"]}""")).Is(HttpStatusCode.OK);
        (await writer.PutCredentialAsync("narrowed", """{"apiKey":"right"}""")).Is(HttpStatusCode.Created);
        Assert.Equal("right", await DataAsync(fleet.One, "narrowed"));
    }

    [Theory]
    [InlineData(10)]
    [InlineData(1_000_000)]
    public async Task A_put_that_is_decided_again_stores_its_body_to_the_byte_and_leaves_one_entry(int length)
    {
        var fleet = await shared.FleetAsync();
        var name = $"anew-{length}";
        var key = await fleet.One.CreateKeyAsync(write: ["*"]);
        using var writer = fleet.Two.With(key.Secret);
        (await writer.PutCredentialAsync(name)).Is(HttpStatusCode.Created);
        await DatabaseContents.ExecuteAsync(fleet.ConnectionString, $"update axvault.api_key set last_used_at = now() where id = '{key.Id}'");
        var data = $$"""{ "n" : 1.50e+1,"é":"\u00e9", "long":"{{new string('x', length)}}" }""";

        (await writer.PutCredentialAsync(name, data)).Is(HttpStatusCode.Created);

        Assert.Equal(data, (await fleet.One.GetAsync($"credentials/{name}")).Raw("data"));
        Assert.Equal(2, await CountAsync(fleet, $"axvault.audit_entry where action = 'credential.put' and target = '{name}'"));
        Assert.Equal(2, await CountAsync(fleet, $"axvault.credential_version where name = '{name}'"));
    }

    [Fact]
    public async Task A_wrong_body_is_still_refused_when_the_put_is_decided_again()
    {
        var fleet = await shared.FleetAsync();
        var key = await fleet.One.CreateKeyAsync(write: ["*"]);
        using var writer = fleet.Two.With(key.Secret);
        foreach (var body in new[] { """{"type":""", """{"type":"api-key"}""", "" })
        {
            (await writer.PutCredentialAsync("refused-body")).Is(HttpStatusCode.Created);
            await DatabaseContents.ExecuteAsync(fleet.ConnectionString, $"update axvault.api_key set last_used_at = now() where id = '{key.Id}'");

            (await writer.PutAsync("credentials/refused-body", body)).Is(HttpStatusCode.BadRequest);
        }
    }

    [Fact]
    public async Task A_server_reads_its_own_put_next()
    {
        var fleet = await shared.FleetAsync();
        for (var i = 0; i < 20; i++)
        {
            (await fleet.One.PutCredentialAsync("own", $$"""{"apiKey":"sk-{{i}}"}""")).Is(HttpStatusCode.Created);
            Assert.Equal($"sk-{i}", await DataAsync(fleet.One, "own"));
        }
    }

    [Fact]
    public async Task A_put_finds_the_new_row_after_another_replica_deleted_and_recreated_the_name()
    {
        var fleet = await shared.FleetAsync();
        (await fleet.Two.PutCredentialAsync("moved")).Is(HttpStatusCode.Created);
        for (var i = 0; i < 5; i++)
        {
            (await fleet.One.DeleteAsync("credentials/moved")).Is(HttpStatusCode.NoContent);
            (await fleet.Two.PutCredentialAsync("moved")).Is(HttpStatusCode.Created);
            (await fleet.One.DeleteAsync("credentials/moved")).Is(HttpStatusCode.NoContent);
            (await fleet.One.PutCredentialAsync("moved")).Is(HttpStatusCode.Created);

            var put = await fleet.Two.PutCredentialAsync("moved", $$"""{"apiKey":"sk-{{i}}"}""");
            var answer = await fleet.One.GetAsync("credentials/moved");
            Assert.Equal((put.Raw("createdAt"), put.Raw("updatedAt")), (answer.Raw("createdAt"), answer.Raw("updatedAt")));
            Assert.Equal($"sk-{i}", answer.Json.GetProperty("data").GetProperty("apiKey").GetString());
        }
    }

    [Fact]
    public async Task Concurrent_puts_and_deletes_of_one_name_all_succeed_and_leave_one_entry_each()
    {
        var fleet = await shared.FleetAsync();
        var statuses = await Task.WhenAll(
            Enumerable
                .Range(0, 90)
                .Select(async number =>
                {
                    var client = number % 2 == 0 ? fleet.One : fleet.Two;
                    return (
                        await (number % 3 == 0 ? client.DeleteAsync("credentials/race") : client.PutCredentialAsync("race", $$"""{"n":{{number}}}"""))
                    ).Status;
                })
        );

        Assert.All(statuses.Where(static (_, number) => number % 3 != 0), static status => Assert.Equal(HttpStatusCode.Created, status));
        Assert.All(statuses.Where(static (_, number) => number % 3 == 0), static status =>
            Assert.True(status is HttpStatusCode.NoContent or HttpStatusCode.NotFound, $"{status}")
        );
        Assert.Equal(60, await CountAsync(fleet, "axvault.audit_entry where action = 'credential.put' and outcome = 'success' and target = 'race'"));
        Assert.Equal(
            statuses.Count(static status => status == HttpStatusCode.NoContent),
            await CountAsync(fleet, "axvault.audit_entry where action = 'credential.delete' and outcome = 'success' and target = 'race'")
        );
        Assert.True((await fleet.One.GetAsync("audit/verify")).Json.GetProperty("valid").GetBoolean());
    }

    [Fact]
    public async Task A_put_of_a_locked_credential_waits_and_delays_no_other_request()
    {
        var fleet = await shared.FleetAsync();
        (await fleet.One.PutCredentialAsync("held")).Is(HttpStatusCode.Created);
        Task<Answer> put;
        await using (var holder = await DatabaseContents.OpenAsync(fleet.ConnectionString))
        await using (await holder.BeginTransactionAsync(CancellationToken))
        {
            await using var hold = new NpgsqlCommand("select from axvault.credential where name = 'held' for update", holder);
            await hold.ExecuteNonQueryAsync(CancellationToken);
            put = fleet.One.PutCredentialAsync("held", """{"apiKey":"waited"}""");
            for (var i = 0; i < 20; i++)
            {
                (await fleet.One.PutCredentialAsync("free")).Is(HttpStatusCode.Created);
                (await fleet.Two.GetAsync("credentials/held")).Is(HttpStatusCode.OK);
            }

            Assert.False(put.IsCompleted);
        }

        (await put).Is(HttpStatusCode.Created);
        Assert.Equal("waited", await DataAsync(fleet.Two, "held"));
    }

    private static async Task<string?> DataAsync(VaultClient client, string name) =>
        (await client.GetAsync($"credentials/{name}")).Is(HttpStatusCode.OK).Json.GetProperty("data").GetProperty("apiKey").GetString();

    private static Task<long> CountAsync(ConfirmedFleet fleet, string from) =>
        DatabaseContents.ScalarAsync<long>(fleet.ConnectionString, $"select count(*) from {from}");
}
