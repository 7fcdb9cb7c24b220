using Axvault.Api.Authorization;
using Axvault.Api.Http;
using Axvault.Api.Stored;
using Axvault.Client;
using Microsoft.AspNetCore.Mvc;

namespace Axvault.Api.Credentials;

/// <summary>The query of a list of credentials. Each parameter may be given once.</summary>
internal sealed record ListCredentialsParameters
{
    /// <summary>The greatest number of credentials in the answer. More than 1000 counts as 1000.</summary>
    [FromQuery(Name = "limit")]
    public string[] Limit { get; init; } = [];

    /// <summary>The <c>nextCursor</c> of the previous page. It needs a <c>limit</c>, and the same filters and <c>sort</c>.</summary>
    [FromQuery(Name = "cursor")]
    public string[] Cursor { get; init; } = [];

    /// <summary>
    /// Lists deleted credentials that can be restored, each as it was last, with <c>deletedAt</c> and <c>purgeAt</c>. It goes with <c>name</c>, <c>q</c>,
    /// <c>limit</c> and <c>cursor</c>.
    /// </summary>
    [FromQuery(Name = "deleted")]
    public string? Deleted { get; init; }

    /// <summary>The name of the only credential: its metadata without a read of its data.</summary>
    [FromQuery(Name = "name")]
    public string[] Name { get; init; } = [];

    /// <summary>A text that the name, <c>displayName</c>, <c>agent</c> or <c>provider</c> contains, in any letter case.</summary>
    [FromQuery(Name = "q")]
    public string[] Q { get; init; } = [];

    /// <summary>The type.</summary>
    [FromQuery(Name = "type")]
    public string[] Type { get; init; } = [];

    /// <summary>The provider.</summary>
    [FromQuery(Name = "provider")]
    public string[] Provider { get; init; } = [];

    /// <summary>The use that the provider permits: see <c>permittedUse</c>.</summary>
    [FromQuery(Name = "use")]
    public string[] Use { get; init; } = [];

    /// <summary>
    /// The status of the last refresh, as the fleet has stored it. <c>attention</c>: <c>failed</c>, <c>misconfigured</c>, <c>unknown</c> or <c>retrying</c>.
    /// <c>none</c>: never refreshed since the last put. What only one server sees, such as <c>not_configured</c>, counts as what is stored.
    /// </summary>
    [FromQuery(Name = "status")]
    public string[] Status { get; init; } = [];

    /// <summary>
    /// The order; a <c>-</c> turns it around. <c>expires</c>: by <c>expiresAt</c>, or else by the expiry that the data says. <c>updated</c>: by
    /// <c>updatedAt</c>. <c>status</c>: the most urgent first. <c>use</c>: by <c>permittedUse</c>, the freest first. Credentials without a value come last,
    /// and equal ones by name. The cursor of an order other than <c>name</c> must name a credential that is still there.
    /// </summary>
    [FromQuery(Name = "sort")]
    public string[] Sort { get; init; } = [];

    /// <summary>Reads every parameter. Returns <see langword="false"/> when something is wrong.</summary>
    public bool TryParse(FieldErrors errors, out ListPage page)
    {
        var isDeleted = errors.Flag("deleted", Deleted);
        page = new ListPage(isDeleted, ParseFilter(errors), ParseSort(errors), ParseLimit(errors), ParseCursor(errors));
        if (isDeleted)
        {
            RefuseWithDeleted(errors);
        }

        return errors.Count == 0;
    }

    private CredentialFilter ParseFilter(FieldErrors errors)
    {
        _ = CredentialName.TryParse(errors.Single("name", Name, CredentialName.Rule, static text => CredentialName.TryParse(text, out _)), out var name);
        _ = CredentialType.TryParse(errors.Single("type", Type, CredentialType.Rule, static text => CredentialType.TryParse(text, out _)), out var type);
        return new CredentialFilter
        {
            Name = name,
            Type = type,
            Statuses = errors.OneOf("status", Status, CredentialFilter.Words) is { } status ? CredentialFilter.StatusWords[status] : null,
            Provider = errors.Text("provider", errors.Single("provider", Provider), CredentialRequest.MaxIdentifierLength),
            Use = errors.OneOf("use", Use, PermittedUse.Names),
            Text = errors.Text("q", errors.Single("q", Q), CredentialFilter.MaxTextLength),
        };
    }

    private CredentialSort ParseSort(FieldErrors errors) =>
        errors.OneOf("sort", Sort, CredentialSort.Texts) is { } sort ? CredentialSort.ByText[sort] : CredentialSort.ByName;

    private void RefuseWithDeleted(FieldErrors errors)
    {
        (string Field, bool IsGiven)[] others =
        [
            ("type", Type.Length > 0),
            ("provider", Provider.Length > 0),
            ("status", Status.Length > 0),
            ("use", Use.Length > 0),
            ("sort", Sort is not ([] or ["name"])),
        ];
        foreach (var (field, _) in others.Where(static other => other.IsGiven))
        {
            errors.Report(field, "does not go with deleted=true");
        }
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
