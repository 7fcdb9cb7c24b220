namespace Axvault.Api.Refresh;

/// <summary>The pause after a temporary failure. Pure, except for the random spread.</summary>
internal static class RefreshBackoff
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Most = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan MostAskedFor = TimeSpan.FromDays(1);

    /// <summary>Doubles the pause with each failure and spreads it at random between half and the whole. The provider's own wish is the minimum.</summary>
    /// <param name="attempts">The number of failed refreshes, this one included.</param>
    /// <param name="retryAfter">The pause that the provider asked for (RFC 9110 §10.2.3).</param>
    /// <param name="chance">A random number from 0 to 1.</param>
    public static TimeSpan After(int attempts, TimeSpan? retryAfter, double chance)
    {
        var doubled = First * Math.Pow(2, Math.Clamp(attempts - 1, 0, 20));
        var whole = doubled < Most ? doubled : Most;
        var wait = whole * (0.5 + (0.5 * chance));
        var asked = retryAfter is { } wish
            ? wish < MostAskedFor
                ? wish
                : MostAskedFor
            : TimeSpan.Zero;
        return wait > asked ? wait : asked;
    }
}
