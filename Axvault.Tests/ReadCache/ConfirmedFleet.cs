using System.Globalization;
using System.Net;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.ReadCache;

/// <summary>Two servers on one database.</summary>
internal sealed class ConfirmedFleet(TestDatabase database, VaultServer first, VaultServer second, int firstMetrics, int secondMetrics) : IAsyncDisposable
{
    /// <summary>The credential that is read.</summary>
    public const string Credential = "claude.prod";

    public string ConnectionString => database.ConnectionString;

    public Uri FirstMetrics { get; } = new($"http://127.0.0.1:{firstMetrics}");

    public Uri SecondMetrics { get; } = new($"http://127.0.0.1:{secondMetrics}");

    public VaultClient One { get; } = first.Client(first.BootstrapSecret);

    public VaultClient Two { get; } = second.Client(first.BootstrapSecret);

    // Only the second server gets the variables.
    public static async Task<ConfirmedFleet> StartAsync(VaultGraph graph, params (string Name, string Value)[] variables)
    {
        var database = await graph.CreateDatabaseAsync();
        var (firstMetrics, secondMetrics) = (FreePort.Next(), FreePort.Next());
        var first = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString) { Variables = WithMetrics(firstMetrics) });
        var second = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString) { Variables = WithMetrics(secondMetrics, variables) });
        return new ConfirmedFleet(database, first, second, firstMetrics, secondMetrics);
    }

    private static Dictionary<string, string> WithMetrics(int port, params (string Name, string Value)[] variables) =>
        variables
            .Append(("AXVAULT_METRICS_PORT", port.ToString(CultureInfo.InvariantCulture)))
            .ToDictionary(static variable => variable.Item1, static variable => variable.Item2);

    public async ValueTask DisposeAsync()
    {
        One.Dispose();
        Two.Dispose();
        await second.DisposeAsync();
        await first.DisposeAsync();
        await database.DisposeAsync();
    }
}

/// <summary>One fleet for all tests of a class. Each test finds the credential put anew.</summary>
public sealed class ConfirmedFleetFixture(VaultGraph graph) : IAsyncDisposable
{
    private ConfirmedFleet? _fleet;

    internal async Task<ConfirmedFleet> FleetAsync()
    {
        _fleet ??= await ConfirmedFleet.StartAsync(graph);

        // An earlier test may have blocked writes until just now.
        await Until.HoldsAsync(
            async () => (await _fleet.One.PutCredentialAsync(ConfirmedFleet.Credential)).Status == HttpStatusCode.Created,
            "the credential is put"
        );
        return _fleet;
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _fleet?.DisposeAsync() ?? ValueTask.CompletedTask;
}
