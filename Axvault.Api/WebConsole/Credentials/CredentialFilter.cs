using Axvault.Client;
using Microsoft.AspNetCore.Mvc;

namespace Axvault.Api.WebConsole.Credentials;

/// <summary>The filter of the list, in the address of its page.</summary>
public sealed record CredentialFilter
{
    /// <summary>The orders: the value in the address, and the word for people.</summary>
    internal static readonly IReadOnlyList<(string Value, string Word)> Sorts =
    [
        ("name", "name"),
        ("status", "most urgent first"),
        ("expires", "expiry"),
        ("-updated", "last change"),
        ("provider", "provider"),
        ("type", "kind"),
        ("use", "permitted use"),
        ("-use", "permitted use, restricted first"),
    ];

    /// <summary>The healths: the value in the address, and the word for people.</summary>
    internal static readonly IReadOnlyList<(string Value, string Word)> Statuses =
    [
        ("", "any health"),
        ("attention", "needs someone"),
        ("failed", "failed"),
        ("misconfigured", "misconfigured"),
        ("unknown", "unknown"),
        ("retrying", "retrying"),
        ("ok", "refreshed"),
        ("none", "never refreshed"),
    ];

    /// <summary>The kinds: the value in the address, and the word for people.</summary>
    internal static readonly IReadOnlyList<(string Value, string Word)> Types =
    [
        ("", "any kind"),
        (CredentialTypes.OAuthCredentials, "login"),
        (CredentialTypes.OAuthToken, "token"),
        (CredentialTypes.ApiKey, "API key"),
    ];

    /// <summary>The permitted uses: the value in the address, and the word for people.</summary>
    internal static readonly IReadOnlyList<(string Value, string Word)> Uses = [("", "any use"), .. PermittedUse.Names.Select(static name => (name, name))];

    /// <summary>A text that the name, the title, the agent or the provider contains.</summary>
    [FromQuery(Name = "q")]
    public string? Text { get; init; }

    /// <summary>The kind.</summary>
    [FromQuery(Name = "type")]
    public string? Type { get; init; }

    /// <summary>The provider.</summary>
    [FromQuery(Name = "provider")]
    public string? Provider { get; init; }

    /// <summary>The health.</summary>
    [FromQuery(Name = "status")]
    public string? Status { get; init; }

    /// <summary>The use that the provider permits.</summary>
    [FromQuery(Name = "use")]
    public string? Use { get; init; }

    /// <summary>The order.</summary>
    [FromQuery(Name = "sort")]
    public string? Sort { get; init; }

    /// <summary>The last name of the page before.</summary>
    [FromQuery(Name = "cursor")]
    public string? Cursor { get; init; }

    /// <summary><see langword="true"/> when the list is not the whole one; otherwise <see langword="false"/>.</summary>
    internal bool IsNarrowed => (Some(Text) ?? Some(Type) ?? Some(Provider) ?? Some(Status) ?? Some(Use)) is not null;

    /// <summary>Returns the selection for the API.</summary>
    internal CredentialQuery ToQuery() =>
        new()
        {
            Text = Some(Text),
            Type = Some(Type),
            Provider = Some(Provider),
            Status = Some(Status),
            Use = Some(Use),
            Sort = Some(Sort),
        };

    /// <summary>Returns the address of the list from <paramref name="cursor"/> on.</summary>
    internal string PathFrom(string? cursor) =>
        "/console/credentials"
        + QueryString.Create(
            new[]
            {
                KeyValuePair.Create("q", Some(Text)),
                KeyValuePair.Create("type", Some(Type)),
                KeyValuePair.Create("provider", Some(Provider)),
                KeyValuePair.Create("status", Some(Status)),
                KeyValuePair.Create("use", Some(Use)),
                KeyValuePair.Create("sort", Some(Sort)),
                KeyValuePair.Create("cursor", cursor),
            }.Where(static part => part.Value is not null)
        );

    private static string? Some(string? text) => text?.Trim() is { Length: > 0 } some ? some : null;
}
