using System.Net;
using Axvault.Tests.Server;
using Npgsql;

namespace Axvault.Tests.Confirmation;

/// <summary>A put is allowed by the key as it is in the transaction that makes it, and finds the credential as it is there, whatever the server remembers.</summary>
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
    public async Task A_key_that_another_replica_narrowed_puts_nothing_and_one_that_it_widened_puts_what_was_sent()
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
    public async Task A_put_that_is_decided_anew_stores_its_body_to_the_byte_and_leaves_one_entry(int length)
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
        Assert.Equal(2, await DatabaseContents.ScalarAsync<long>(fleet.ConnectionString, $"select version from axvault.credential where name = '{name}'"));
    }

    [Fact]
    public async Task A_body_that_is_refused_is_refused_when_it_is_decided_anew()
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
    public async Task What_a_server_has_put_is_what_it_reads_next()
    {
        var fleet = await shared.FleetAsync();
        for (var i = 0; i < 20; i++)
        {
            (await fleet.One.PutCredentialAsync("own", $$"""{"apiKey":"sk-{{i}}"}""")).Is(HttpStatusCode.Created);
            Assert.Equal($"sk-{i}", await DataAsync(fleet.One, "own"));
        }
    }

    [Fact]
    public async Task A_put_finds_the_row_wherever_another_replica_has_moved_the_name()
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
    public async Task Puts_and_removals_of_one_name_on_two_servers_at_once_are_all_made_and_each_has_its_entry()
    {
        var fleet = await shared.FleetAsync();
        var statuses = await Task.WhenAll(Enumerable.Range(0, 90).Select(async number =>
        {
            var client = number % 2 == 0 ? fleet.One : fleet.Two;
            return (await (number % 3 == 0 ? client.DeleteAsync("credentials/race") : client.PutCredentialAsync("race", $$"""{"n":{{number}}}"""))).Status;
        }));

        Assert.All(statuses.Where(static (_, number) => number % 3 != 0), static status => Assert.Equal(HttpStatusCode.Created, status));
        Assert.All(statuses.Where(static (_, number) => number % 3 == 0), static status => Assert.True(status is HttpStatusCode.NoContent or HttpStatusCode.NotFound, $"{status}"));
        Assert.Equal(60, await CountAsync(fleet, "axvault.audit_entry where action = 'credential.put' and outcome = 'success' and target = 'race'"));
        Assert.Equal(statuses.Count(static status => status == HttpStatusCode.NoContent), await CountAsync(fleet, "axvault.audit_entry where action = 'credential.delete' and outcome = 'success' and target = 'race'"));
        Assert.True((await fleet.One.GetAsync("audit/verify")).Json.GetProperty("valid").GetBoolean());
    }

    [Fact]
    public async Task A_put_of_a_credential_that_somebody_holds_waits_for_it_and_nobody_else_does()
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

    private static Task<long> CountAsync(ConfirmedFleet fleet, string from) => DatabaseContents.ScalarAsync<long>(fleet.ConnectionString, $"select count(*) from {from}");
}
