using Microsoft.AspNetCore.Mvc;

namespace Axvault.Api.Credentials.Versions;

/// <summary>The path and the conditions of a restore.</summary>
internal sealed record RestoreVersionParameters
{
    /// <summary>The name of the credential.</summary>
    [FromRoute(Name = "name")]
    public required string Name { get; init; }

    /// <summary>The id of the version.</summary>
    [FromRoute(Name = "version")]
    public required string Version { get; init; }

    /// <summary>Entity tags of the expected current version. With another version the answer is 412, and nothing changes.</summary>
    [FromHeader(Name = "If-Match")]
    public string? IfMatch { get; init; }

    /// <summary>Entity tags of current versions to keep. If the current version is one of them, the answer is 412, and nothing changes.</summary>
    [FromHeader(Name = "If-None-Match")]
    public string? IfNoneMatch { get; init; }

    /// <summary>Restores also a refresh token that is spent, or held by another credential. The credential is then not refreshed.</summary>
    [FromQuery(Name = "force")]
    public string? Force { get; init; }
}

/// <summary>The path and the query of a restore of a deleted credential.</summary>
internal sealed record UndeleteCredentialParameters
{
    /// <summary>The name of the credential.</summary>
    [FromRoute(Name = "name")]
    public required string Name { get; init; }

    /// <summary>Restores also a refresh token that is spent, or held by another credential. The credential is then not refreshed.</summary>
    [FromQuery(Name = "force")]
    public string? Force { get; init; }
}
