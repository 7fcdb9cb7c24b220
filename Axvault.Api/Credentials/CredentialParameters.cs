using Microsoft.AspNetCore.Mvc;

namespace Axvault.Api.Credentials;

/// <summary>The path and the conditions of a put.</summary>
internal sealed record PutCredentialParameters
{
    /// <summary>The name of the credential.</summary>
    [FromRoute(Name = "name")]
    public required string Name { get; init; }

    /// <summary>
    /// Entity tags of the version to replace, or <c>*</c> for any. With another version the answer is 412, and nothing changes.
    /// </summary>
    [FromHeader(Name = "If-Match")]
    public string? IfMatch { get; init; }

    /// <summary><c>*</c> to create a credential. If it exists, the answer is 412, and nothing changes.</summary>
    [FromHeader(Name = "If-None-Match")]
    public string? IfNoneMatch { get; init; }

    /// <summary>Stores also a refresh token that is spent, or held by another credential. The credential is then not refreshed.</summary>
    [FromQuery(Name = "force")]
    public string? Force { get; init; }
}

/// <summary>The path and the conditions of a read.</summary>
internal sealed record GetCredentialParameters
{
    /// <summary>The name of the credential.</summary>
    [FromRoute(Name = "name")]
    public required string Name { get; init; }

    /// <summary>Entity tags of versions that you have. If the credential is one of them, the answer is 304. A due refresh comes first.</summary>
    [FromHeader(Name = "If-None-Match")]
    public string? IfNoneMatch { get; init; }

    /// <summary>Entity tags of the expected version. With another version the answer is 412.</summary>
    [FromHeader(Name = "If-Match")]
    public string? IfMatch { get; init; }
}

/// <summary>The path and the conditions of a change of title and notes.</summary>
internal sealed record AnnotateCredentialParameters
{
    /// <summary>The name of the credential.</summary>
    [FromRoute(Name = "name")]
    public required string Name { get; init; }

    /// <summary>Entity tags of the expected version. With another version the answer is 412, and nothing changes.</summary>
    [FromHeader(Name = "If-Match")]
    public string? IfMatch { get; init; }

    /// <summary>Entity tags of versions to keep. If the credential is one of them, the answer is 412, and nothing changes.</summary>
    [FromHeader(Name = "If-None-Match")]
    public string? IfNoneMatch { get; init; }
}

/// <summary>The path, the query and the conditions of a deletion.</summary>
internal sealed record DeleteCredentialParameters
{
    /// <summary>The name of the credential.</summary>
    [FromRoute(Name = "name")]
    public required string Name { get; init; }

    /// <summary>Removes the credential and all of its versions for good, even if it is deleted already.</summary>
    [FromQuery(Name = "purge")]
    public string? Purge { get; init; }

    /// <summary>Entity tags of the expected version. With another version the answer is 412, and nothing changes.</summary>
    [FromHeader(Name = "If-Match")]
    public string? IfMatch { get; init; }

    /// <summary>Entity tags of versions to keep. If the credential is one of them, the answer is 412, and nothing changes.</summary>
    [FromHeader(Name = "If-None-Match")]
    public string? IfNoneMatch { get; init; }
}

/// <summary>The path and the query of an ordered refresh.</summary>
internal sealed record RefreshCredentialParameters
{
    /// <summary>The name of the credential.</summary>
    [FromRoute(Name = "name")]
    public required string Name { get; init; }

    /// <summary>Sends the refresh token even if the provider may have spent it already. The provider may then revoke the login.</summary>
    [FromQuery(Name = "force")]
    public string? Force { get; init; }
}
