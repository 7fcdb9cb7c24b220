using System.Net;
using Axvault.Api.Audit.Reading;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Audit;

/// <summary>Lanes that were opened and closed cost later work nothing. Verification reads each of them a few times.</summary>
/// <remarks>The tests count what PostgreSQL reads, and so hold on a machine of any speed.</remarks>
public sealed class LedgerScaleTests(VaultGraph graph)
{
    private const int Few = 10;
    private const int Lanes = 10_000;

    // Work that looks at closed lanes would read at least one row of each.
    private const int MaxRows = Lanes / 10;

    // Indexes of more rows have a level more, and each look-up reads one block of it.
    private const int MaxMoreBlocks = 50;

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Ten_thousand_closed_lanes_add_no_reads()
    {
        await using var lab = await StartAsync();
        var secret = await BootstrapAsync(lab);
        await CloseAsync(lab, Few);
        var few = await MeasureAsync(lab);
        await CloseAsync(lab, Lanes - Few);
        var many = await MeasureAsync(lab);
        var life = await LedgerReads.OfAsync(lab.ConnectionString, () => LiveAsync(lab, secret));

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{string.Join('\n', few.Select(work => $"{work.Key}: {work.Value}, then {many[work.Key]}"))}\nlife: {life}"
        );
        Assert.All(many.Values.Append(life), static reads => Assert.InRange(reads.Rows, 0, MaxRows));
        Assert.All(many, work => Assert.InRange(work.Value.Blocks, 0, few[work.Key].Blocks + MaxMoreBlocks));
    }

    [Fact]
    public async Task Verification_reads_each_lane_a_few_times()
    {
        await using var lab = await StartAsync();
        await CloseAsync(lab, Lanes);

        var reads = await LedgerReads.OfAsync(lab.ConnectionString, async () => Assert.Equal(Lanes, (await lab.VerifyAsync()).Entries));

        // A lane has two checkpoints, two events and an entry. Verification reads the checkpoints by themselves and then beside the entries.
        Assert.InRange(reads.Rows, Lanes, 10 * Lanes);
    }

    // Without a pool, every session of the first server ends with its work.
    private async Task<AuditLab> StartAsync()
    {
        var lab = await AuditLab.StartAsync(graph, static connectionString => connectionString);
        await LedgerReads.StopVacuumAsync(lab.ConnectionString);
        return lab;
    }

    private static async Task<string> BootstrapAsync(AuditLab lab)
    {
        await using var server = await VaultServer.StartAsync(new ServerSettings(lab.ConnectionString));
        return server.BootstrapSecret!;
    }

    // PostgreSQL vacuums by itself within a minute. The tests do not wait for it.
    private static async Task CloseAsync(AuditLab lab, int lanes)
    {
        await lab.History.OpenAndCloseAsync(lanes);
        await lab.ExecuteAsync("vacuum analyze");
    }

    private static async Task<Dictionary<string, LedgerReads>> MeasureAsync(AuditLab lab)
    {
        var page = new AuditQuery { Limit = Few };
        var works = new Dictionary<string, Func<Task>>
        {
            ["open"] = async () => await lab.Server.Checkpoints.OpenLaneAsync(CancellationToken),
            ["checkpoint"] = lab.Server.CheckpointAsync,
            ["close"] = async () => await lab.Server.Checkpoints.CloseLanesAsync(CancellationToken),
            ["list"] = async () => Assert.Equal(Few, await lab.Entries.ReadAsync(page, CancellationToken).CountAsync(CancellationToken)),
        };
        var reads = new Dictionary<string, LedgerReads>();
        foreach (var (name, work) in works)
        {
            reads.Add(name, await LedgerReads.OfAsync(lab.ConnectionString, work));
        }

        return reads;
    }

    // The life of a server: its start, a put, a read, a page of the list, a checkpoint and its stop.
    private static async Task LiveAsync(AuditLab lab, string secret)
    {
        await using var server = await VaultServer.StartAsync(new ServerSettings(lab.ConnectionString));
        using var client = server.Client(secret);
        (await client.PutCredentialAsync("a")).Is(HttpStatusCode.Created);
        (await client.GetAsync("credentials/a")).Is(HttpStatusCode.OK);
        (await client.GetAsync($"audit?limit={Few}")).Is(HttpStatusCode.OK);
        await server.WaitForOutputAsync("Audit checkpoint");
        Assert.Equal(0, await server.StopAsync());
    }
}
