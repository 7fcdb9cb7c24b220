using Axvault.Api.Authorization;
using Axvault.Api.Http;
using Microsoft.AspNetCore.Mvc;

namespace Axvault.Api.Credentials;

/// <summary>The query of a list of credentials.</summary>
internal sealed record ListCredentialsParameters
{
    /// <summary>The greatest number of credentials in the answer. More than 1000 counts as 1000.</summary>
    [FromQuery(Name = "limit")]
    public string[] Limit { get; init; } = [];

    /// <summary>The <c>nextCursor</c> of the previous page. It needs a <c>limit</c>.</summary>
    [FromQuery(Name = "cursor")]
    public string[] Cursor { get; init; } = [];

    /// <summary>Lists deleted credentials that can be restored, each as it was last, with <c>deletedAt</c> and <c>purgeAt</c>.</summary>
    [FromQuery(Name = "deleted")]
    public string? Deleted { get; init; }

    /// <summary>Reads every parameter; <c>limit</c> and <c>cursor</c> may be given once. Returns <see langword="false"/> when something is wrong.</summary>
    public bool TryParse(FieldErrors errors, out ListPage page)
    {
        page = new ListPage(errors.Flag("deleted", Deleted), ParseLimit(errors), ParseCursor(errors));
        return errors.Count == 0;
    }

    private int? ParseLimit(FieldErrors errors)
    {
        if (Limit.Length == 0)
        {
            return null;
        }

        if (LimitParameter.TryParse(Limit is [var text] ? text : null, ListPage.MaxLimit, out var limit))
        {
            return limit;
        }

        errors.Report("limit", $"must be a whole number from 1 to {ListPage.MaxLimit}");
        return null;
    }

    private CredentialName? ParseCursor(FieldErrors errors)
    {
        CredentialName? after = null;
        if (Cursor.Length > 0 && !CredentialName.TryParse(Cursor is [var text] ? text : null, out after))
        {
            errors.Report("cursor", "must be the nextCursor of the page before");
        }

        if (Cursor.Length > 0 && Limit.Length == 0)
        {
            errors.Report("cursor", "goes with a limit");
        }

        return after;
    }
}

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
