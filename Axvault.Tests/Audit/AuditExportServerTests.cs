using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Audit;

/// <summary>An export of a long history needs no more memory than a short one.</summary>
public sealed class AuditExportServerTests(VaultGraph graph)
{
    private const int Count = 1_000_000;
    private const long MaxExtraBytes = 64 * 1024 * 1024;

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_million_entries_are_exported_and_verified_in_constant_memory()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        for (var batch = 0; batch < Count / 10_000; batch++)
        {
            await lab.AppendAsync(10_000);
        }

        await using var server = await VaultServer.StartAsync(new ServerSettings(lab.ConnectionString));
        using var http = new HttpClient { BaseAddress = server.Address, Timeout = TimeSpan.FromMinutes(3) };
        http.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", $"Bearer {server.BootstrapSecret}");
        (await http.GetAsync(new Uri("/api/v1/audit?limit=1000", UriKind.Relative), CancellationToken)).EnsureSuccessStatusCode();
        var before = server.ResidentBytes;
        var peak = before;

        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/audit");
        request.Headers.TryAddWithoutValidation("Accept", "application/x-ndjson");
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, CancellationToken);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(CancellationToken));
        var lines = 0;
        while (await reader.ReadLineAsync(CancellationToken) is not null)
        {
            if (++lines % 50_000 == 0)
            {
                peak = Math.Max(peak, server.ResidentBytes);
            }
        }

        Assert.InRange(lines, Count, Count + 100);
        using var verification = await http.GetAsync(new Uri("/api/v1/audit/verify", UriKind.Relative), CancellationToken);
        peak = Math.Max(peak, server.ResidentBytes);
        Assert.StartsWith("{\"valid\":true,", await verification.Content.ReadAsStringAsync(CancellationToken), StringComparison.Ordinal);
        Assert.True(peak - before < MaxExtraBytes, $"{(peak - before) / 1024 / 1024} MiB");
    }
}
