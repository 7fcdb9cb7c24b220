using System.Net;
using Axvault.Tests.Graph;
using Axvault.Tests.Server;

namespace Axvault.Tests.Leaks;

/// <summary>That the watch of the run sees every channel: what is planted in each, and known to this test alone, is found there.</summary>
public sealed class LeakWatchServerTests(VaultGraph graph)
{
    [Fact]
    public async Task Whatever_a_server_emits_goes_by_the_watch()
    {
        var canary = $"canary.{Guid.NewGuid():N}";
        var planted = new UsedSecrets();
        planted.Add(canary, SecretKind.CredentialData);
        await using var database = await graph.CreateDatabaseAsync();
        await using (var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString) { IsShared = true }))
        {
            // A name is no secret: it is logged, exported and answered.
            using var admin = server.Client(server.BootstrapSecret);
            (await admin.PutCredentialAsync(canary)).Is(HttpStatusCode.Created);
            (await admin.GetAsync($"credentials/{canary}.not")).IsNotFound();
            planted.Add(server.BootstrapSecret, SecretKind.SentKey);
        }

        var found = LeakSearch.Find(planted, LeakWatch.Emissions).Where(static leak => leak.Disguise == 0).ToList();

        Assert.Contains(found, static leak => leak is { Channel: EmissionChannel.Output, Kind: SecretKind.CredentialData });
        Assert.Contains(found, static leak => leak is { Channel: EmissionChannel.Problem, Kind: SecretKind.CredentialData });
        Assert.Contains(found, static leak => leak is { Channel: EmissionChannel.Telemetry, Kind: SecretKind.CredentialData } && leak.Source.StartsWith("logs", StringComparison.Ordinal));
        Assert.Contains(found, static leak => leak is { Channel: EmissionChannel.Telemetry, Kind: SecretKind.CredentialData } && leak.Source.StartsWith("traces", StringComparison.Ordinal));
        Assert.Single(found, static leak => leak is { Channel: EmissionChannel.Errors, Kind: SecretKind.SentKey });
        Assert.All(found, static leak => Assert.Contains(nameof(Whatever_a_server_emits_goes_by_the_watch), leak.Source, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_audit_rows_of_a_database_that_is_dropped_go_by_the_watch()
    {
        var canary = $"canary.{Guid.NewGuid():N}";
        var planted = new UsedSecrets();
        planted.Add(canary, SecretKind.CredentialData);
        await using (var database = await graph.CreateDatabaseAsync())
        {
            await DatabaseContents.ExecuteAsync(
                database.ConnectionString, $$"""create schema axvault; create table axvault.audit_entry as select 1 as sequence, '{"target":"{{canary}}"}'::jsonb as entry, convert_to('{{canary}}', 'UTF8') as mac""");
        }

        var found = LeakSearch.Find(planted, LeakWatch.Emissions);

        Assert.All(found, static leak => Assert.Equal(EmissionChannel.Audit, leak.Channel));
        Assert.Equal(2, found.Count);
    }
}
