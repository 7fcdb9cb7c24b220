using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Leaks;

namespace Axvault.Tests.Leaks;

/// <summary>The collection that runs after every other test: xunit runs a non-parallel collection when the parallel ones have ended.</summary>
[CollectionDefinition(nameof(LeakTests), DisableParallelization = true)]
public sealed class EndOfRun;

/// <summary>The search for leaks in everything that the run emitted.</summary>
[Collection(nameof(LeakTests))]
public sealed class LeakTests(VaultGraph graph)
{
    private const int MostReported = 40;

    [Fact]
    public Task No_secret_that_the_run_used_is_in_anything_that_its_servers_emitted() => SearchAsync();

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public Task No_secret_that_the_long_run_used_is_in_anything_that_its_servers_emitted() => SearchAsync();

    private async Task SearchAsync()
    {
        await graph.HandOverAsync();

        var leaks = LeakWatch.Search();

        Assert.True(leaks.Count == 0, $"{leaks.Count} leaks:\n{string.Join('\n', leaks.Take(MostReported))}");
    }
}
