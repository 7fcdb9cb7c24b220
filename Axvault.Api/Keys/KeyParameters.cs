using Microsoft.AspNetCore.Mvc;

namespace Axvault.Api.Keys;

/// <summary>The query of the list.</summary>
internal sealed record ListKeysParameters
{
    /// <summary>Lists the keys that rules have issued to workloads, too.</summary>
    [FromQuery(Name = "issued")]
    public string? Issued { get; init; }
}

/// <summary>The path and the query of a change.</summary>
internal sealed record UpdateKeyParameters
{
    /// <summary>The id of the key.</summary>
    [FromRoute(Name = "id")]
    public required string Id { get; init; }

    /// <summary>
    /// Changes the key even if no other key is left that grants <c>*</c> without an expiry or networks, or if the calling key locks itself out.
    /// </summary>
    [FromQuery(Name = "force")]
    public string? Force { get; init; }
}

/// <summary>The path and the query of a deletion.</summary>
internal sealed record DeleteKeyParameters
{
    /// <summary>The id of the key.</summary>
    [FromRoute(Name = "id")]
    public required string Id { get; init; }

    /// <summary>Deletes the key even if no other key is left that grants <c>*</c> without an expiry or networks.</summary>
    [FromQuery(Name = "force")]
    public string? Force { get; init; }
}
