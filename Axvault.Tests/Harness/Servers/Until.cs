using System.Diagnostics;

namespace Axvault.Tests.Harness.Servers;

/// <summary>Waits for a condition, in bounded time.</summary>
internal static class Until
{
    /// <summary>The time limit of a wait for something that should come at once, with a margin for a machine under load.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Waits until <paramref name="condition"/> holds. Fails the test when it does not hold in time.</summary>
    public static Task HoldsAsync(Func<bool> condition, string what) => HoldsAsync(() => Task.FromResult(condition()), what);

    /// <summary>Waits until <paramref name="condition"/> holds. Fails the test when it does not hold in time.</summary>
    public static Task HoldsAsync(Func<Task<bool>> condition, string what) => HoldsAsync(condition, () => what);

    /// <summary>Waits until <paramref name="condition"/> holds. Otherwise fails the test with what <paramref name="what"/> says at the end.</summary>
    public static Task HoldsAsync(Func<bool> condition, Func<string> what) => HoldsAsync(() => Task.FromResult(condition()), what);

    private static async Task HoldsAsync(Func<Task<bool>> condition, Func<string> what)
    {
        var clock = Stopwatch.StartNew();
        while (!await condition())
        {
            if (clock.Elapsed >= Limit)
            {
                Assert.Fail($"Waited {Limit.TotalSeconds} s in vain until: {what()}");
            }

            await Task.Delay(Pause, TestContext.Current.CancellationToken);
        }
    }
}
