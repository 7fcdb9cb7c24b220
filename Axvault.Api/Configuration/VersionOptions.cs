namespace Axvault.Api.Configuration;

/// <summary>The settings of what is kept of credentials that are replaced or deleted.</summary>
internal sealed record VersionOptions
{
    /// <summary>How many replaced states of a credential are kept.</summary>
    public required int Keep { get; init; }

    /// <summary>How long a deleted credential is kept. Zero: it is gone for good at once.</summary>
    public required TimeSpan Retention { get; init; }
}
