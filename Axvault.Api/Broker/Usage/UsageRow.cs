namespace Axvault.Api.Broker.Usage;

/// <summary>The order in which use is summed.</summary>
internal enum UsageBy
{
    /// <summary>By day.</summary>
    Day,

    /// <summary>By API key.</summary>
    Key,

    /// <summary>By credential.</summary>
    Credential,

    /// <summary>By model.</summary>
    Model,

    /// <summary>By rule of workload identity.</summary>
    Rule,
}

/// <summary>A sum of use.</summary>
internal sealed record UsageRow(string Name, string? Title, long Calls, long Input, long Output, long CacheRead, long CacheWrite);
