namespace Axvault.Api.Lifetime;

/// <summary>The pauses between retries: each is twice as long as the one before, up to a longest one.</summary>
/// <param name="first">The first pause.</param>
/// <param name="longest">The longest pause.</param>
internal struct Backoff(TimeSpan first, TimeSpan longest)
{
    private TimeSpan _next = first;

    /// <summary>Returns the next pause.</summary>
    public TimeSpan Next()
    {
        var pause = _next;
        _next = pause * 2 < longest ? pause * 2 : longest;
        return pause;
    }
}
