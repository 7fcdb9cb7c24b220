namespace Axvault.Api.Confirmation;

/// <summary>Marks a request that is run again, because what the first run was decided by had changed.</summary>
internal sealed class SecondRun
{
    /// <summary>The mark.</summary>
    public static readonly SecondRun Instance = new();

    private SecondRun()
    {
    }
}
