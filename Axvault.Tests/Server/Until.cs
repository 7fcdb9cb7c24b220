using System.Diagnostics;

namespace Axvault.Tests.Server;

/// <summary>Waits for something to become true, in bounded time.</summary>
internal static class Until
{
    /// <summary>How long anything is waited for that should come at once: long enough for a machine under load.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Returns when <paramref name="condition"/> holds; fails the test when it does not in time.</summary>
    public static Task HoldsAsync(Func<bool> condition, string what) => HoldsAsync(() => Task.FromResult(condition()), what);

    /// <summary>Returns when <paramref name="condition"/> holds; fails the test when it does not in time.</summary>
    public static async Task HoldsAsync(Func<Task<bool>> condition, string what)
    {
        var clock = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(clock.Elapsed < Limit, $"Waited {Limit.TotalSeconds} s in vain until: {what}");
            await Task.Delay(Pause, TestContext.Current.CancellationToken);
        }
    }
}
