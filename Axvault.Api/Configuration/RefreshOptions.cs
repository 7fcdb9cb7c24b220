using Axvault.Api.Refresh;
using Axvault.Api.Refresh.Providers;

namespace Axvault.Api.Configuration;

/// <summary>The settings of refresh.</summary>
internal sealed record RefreshOptions
{
    /// <summary>When a credential is due.</summary>
    public required RefreshRules Rules { get; init; }

    /// <summary>How long a provider may take to answer, and a reader waits.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>How long a server that refreshes may be silent before it is taken for lost.</summary>
    public required TimeSpan Lease { get; init; }

    /// <summary>How often credentials that nobody reads are looked through; zero: never.</summary>
    public required TimeSpan SweepInterval { get; init; }

    /// <summary>How many of them are refreshed at once.</summary>
    public required int SweepConcurrency { get; init; }

    /// <summary>The folder that keeps, encrypted, the new tokens that the database could not take yet.</summary>
    public required string SpoolFolder { get; init; }

    /// <summary>The providers that can be asked.</summary>
    public required IReadOnlyList<OAuthProvider> Providers { get; init; }
}
