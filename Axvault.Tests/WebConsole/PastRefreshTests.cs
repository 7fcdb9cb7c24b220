using Axvault.Api.Refresh;
using Axvault.Api.Refresh.Providers;
using Axvault.Api.WebConsole.Credentials;
using Axvault.Client;

namespace Axvault.Tests.WebConsole;

/// <summary>Refreshes as their audit entries tell them.</summary>
public sealed class PastRefreshTests
{
    [Theory]
    [InlineData("anthropic, 312 ms; version 0 revision 2", 312)]
    [InlineData("anthropic, 0 ms: Transient timed_out: after 5 ms", 0)]
    [InlineData("anthropic, 30000 ms", 30_000)]
    [InlineData("anthropic", null)]
    [InlineData("anthropic: Unknown server_lost", null)]
    [InlineData("anthropic: Transient timed_out, 5 ms", null)]
    [InlineData("anthropic; version 0, 5 ms", null)]
    [InlineData("anthropic, 5 msec", null)]
    [InlineData("anthropic, 12345678901 ms", null)]
    [InlineData("from the spool", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void The_duration_is_in_the_first_words_of_the_reason(string? reason, int? milliseconds)
    {
        var refresh = Assert.Single(PastRefresh.Of([Entry(reason)]));

        Assert.Equal(milliseconds, refresh.Took?.TotalMilliseconds);
    }

    [Fact]
    public void The_words_of_the_server_are_read_back()
    {
        foreach (var provider in ProviderDefaults.All)
        {
            var told = RefreshWords.Describe(provider, TimeSpan.FromMilliseconds(1234.9));

            foreach (var end in new[] { "; version 0 revision 2", ": Transient http_503", ": put, restored or deleted meanwhile", "" })
            {
                Assert.Equal(1234, Assert.Single(PastRefresh.Of([Entry(told + end)])).Took?.TotalMilliseconds);
            }

            Assert.Null(Assert.Single(PastRefresh.Of([Entry(RefreshWords.Describe(provider, null))])).Took);
        }
    }

    [Fact]
    public void The_oldest_refresh_comes_first_and_ordering_calls_are_left_out()
    {
        AuditEntry[] entries = [Entry("a, 3 ms", "failure"), Entry("the order", keyId: "k"), Entry("a, 2 ms"), .. Enumerable.Repeat(Entry("old"), 100)];

        var refreshes = PastRefresh.Of(entries);

        Assert.Equal(PastRefresh.Shown, refreshes.Count);
        Assert.Equal([(2.0, true), (3.0, false)], refreshes.Skip(58).Select(static refresh => (refresh.Took!.Value.TotalMilliseconds, refresh.Succeeded)));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(10, 0)]
    [InlineData(30, 0.12)]
    [InlineData(100, 0.25)]
    [InlineData(10_000, 0.75)]
    [InlineData(30_000, 0.87)]
    [InlineData(100_000, 1)]
    [InlineData(1_000_000, 1)]
    public void The_height_of_a_bar_is_the_logarithm_of_the_duration(int milliseconds, double height)
    {
        Assert.Equal(height, PastRefresh.HeightOf(TimeSpan.FromMilliseconds(milliseconds)), 2);
    }

    [Theory]
    [InlineData("", "No duration is recorded.")]
    [InlineData("250", "The provider took 250 ms in the median, and 250 ms at most.")]
    [InlineData("4200 30 100", "The provider took 100 ms in the median, and 4.2 s at most.")]
    [InlineData("30000 30 100 200", "The provider took 150 ms in the median, and 30 s at most.")]
    public void The_chart_is_told_in_words(string durations, string expected)
    {
        AuditEntry[] entries = [Entry("unknown"), .. durations.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static one => Entry($"a, {one} ms"))];

        Assert.Equal(expected, PastRefresh.Describe(PastRefresh.Of(entries)));
    }

    private static AuditEntry Entry(string? reason, string outcome = "success", string? keyId = null) =>
        new(1, 1, DateTimeOffset.UnixEpoch, "credential.refresh", outcome, "server") { Reason = reason, KeyId = keyId };
}
