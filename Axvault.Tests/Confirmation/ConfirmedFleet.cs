using System.Globalization;
using System.Net;
using Axvault.Tests.Graph;
using Axvault.Tests.Server;

namespace Axvault.Tests.Confirmation;

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

    // The second one with settings of its own.
    public static async Task<ConfirmedFleet> StartAsync(VaultGraph graph, params (string Name, string Value)[] variables)
    {
        var database = await graph.CreateDatabaseAsync();
        var (firstMetrics, secondMetrics) = (FreePort.Next(), FreePort.Next());
        var first = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString) { Variables = WithMetrics(firstMetrics) });
        var second = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString) { Variables = WithMetrics(secondMetrics, variables) });
        return new ConfirmedFleet(database, first, second, firstMetrics, secondMetrics);
    }

    private static Dictionary<string, string> WithMetrics(int port, params (string Name, string Value)[] variables) =>
        variables.Append(("AXVAULT_METRICS_PORT", port.ToString(CultureInfo.InvariantCulture))).ToDictionary(static variable => variable.Item1, static variable => variable.Item2);

    public async ValueTask DisposeAsync()
    {
        One.Dispose();
        Two.Dispose();
        await second.DisposeAsync();
        await first.DisposeAsync();
        await database.DisposeAsync();
    }
}

/// <summary>One fleet for the tests of a class, each of which finds the credential as it was first put.</summary>
public sealed class ConfirmedFleetFixture(VaultGraph graph) : IAsyncDisposable
{
    private ConfirmedFleet? _fleet;

    internal async Task<ConfirmedFleet> FleetAsync()
    {
        _fleet ??= await ConfirmedFleet.StartAsync(graph);

        // A test may have kept it from writing until just now.
        await Until.HoldsAsync(async () => (await _fleet.One.PutCredentialAsync(ConfirmedFleet.Credential)).Status == HttpStatusCode.Created, "the credential is put");
        return _fleet;
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _fleet?.DisposeAsync() ?? ValueTask.CompletedTask;
}
