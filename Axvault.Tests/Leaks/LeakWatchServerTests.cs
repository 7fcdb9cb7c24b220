using System.Net;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Leaks;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Leaks;

/// <summary>The watch sees every channel: a value planted in each, and known only to this test, is found there.</summary>
public sealed class LeakWatchServerTests(VaultGraph graph)
{
    [Fact]
    public async Task The_watch_sees_every_channel_of_a_server()
    {
        var canary = $"canary.{Guid.NewGuid():N}";
        var planted = new UsedSecrets();
        planted.Add(canary, SecretKind.CredentialData);
        await using var database = await graph.CreateDatabaseAsync();
        await using (var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString) { IsShared = true }))
        {
            // A name is not a secret, so the server logs it, exports it and answers with it.
            using var admin = server.Client(server.BootstrapSecret);
            (await admin.PutCredentialAsync(canary)).Is(HttpStatusCode.Created);
            (await admin.GetAsync($"credentials/{canary}.not")).IsNotFound();
            planted.Add(server.BootstrapSecret, SecretKind.SentKey);
        }

        var found = LeakSearch.Find(planted, LeakWatch.Emissions).Where(static leak => leak.Disguise == 0).ToList();

        Assert.Contains(found, static leak => leak is { Channel: EmissionChannel.Output, Kind: SecretKind.CredentialData });
        Assert.Contains(found, static leak => leak is { Channel: EmissionChannel.Problem, Kind: SecretKind.CredentialData });
        Assert.Contains(found, static leak =>
            leak is { Channel: EmissionChannel.Telemetry, Kind: SecretKind.CredentialData } && leak.Source.StartsWith("logs", StringComparison.Ordinal)
        );
        Assert.Contains(found, static leak =>
            leak is { Channel: EmissionChannel.Telemetry, Kind: SecretKind.CredentialData } && leak.Source.StartsWith("traces", StringComparison.Ordinal)
        );
        Assert.Single(found, static leak => leak is { Channel: EmissionChannel.Errors, Kind: SecretKind.SentKey });
        Assert.All(found, static leak => Assert.Contains(nameof(The_watch_sees_every_channel_of_a_server), leak.Source, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_watch_sees_the_audit_rows_of_a_dropped_database()
    {
        var canary = $"canary.{Guid.NewGuid():N}";
        var planted = new UsedSecrets();
        planted.Add(canary, SecretKind.CredentialData);
        await using (var database = await graph.CreateDatabaseAsync())
        {
            await DatabaseContents.ExecuteAsync(
                database.ConnectionString,
                $$"""
                create schema axvault;
                create table axvault.audit_entry as
                  select 1 as sequence, '{"target":"{{canary}}"}'::jsonb as entry, convert_to('{{canary}}', 'UTF8') as mac
                """
            );
        }

        var found = LeakSearch.Find(planted, LeakWatch.Emissions);

        Assert.All(found, static leak => Assert.Equal(EmissionChannel.Audit, leak.Channel));
        Assert.Equal(2, found.Count);
    }
}
