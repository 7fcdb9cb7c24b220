using Axvault.Api.Http.Description;

namespace Axvault.Api.Credentials;

/// <summary>The headers of answers to calls on credentials.</summary>
internal static class CredentialHeaders
{
    /// <summary>An example of an entity tag.</summary>
    public const string ExampleTag = "\"019bc123f0a47d1c8b1e2f3a4b5c6d7e-3-19bc1240e10\"";

    /// <summary>The entity tag.</summary>
    public static readonly AnswerHeader Tag = new(
        "ETag",
        "The version of the credential. It changes whenever `data` or another attribute of a put changes, but not when only `refresh` does."
    )
    {
        Example = ExampleTag,
        Pattern = "^\"[!#-~]+\"$",
    };

    /// <summary>The path of a stored credential.</summary>
    public static readonly AnswerHeader Location = new("Location", "The path of the credential.")
    {
        Example = "/api/v1/credentials/claude.prod",
        IsPath = true,
    };

    /// <summary>The sign of a refresh that was due and made.</summary>
    public static readonly AnswerHeader Refreshed = new("X-Axvault-Refreshed", "`true` when a refresh was due and the tokens are new; otherwise absent.")
    {
        OnlyValue = "true",
    };

    /// <summary>The sign of a refresh that was due and failed.</summary>
    public static readonly AnswerHeader RefreshFailed = new(
        "X-Axvault-Refresh-Failed",
        "`true` when a due refresh failed: the stored tokens are served, and `refresh.error` has the reason. Otherwise absent."
    )
    {
        OnlyValue = "true",
    };

    /// <summary>The sign of a refresh that was due and failed, in an answer without a body.</summary>
    public static readonly AnswerHeader RefreshFailedBare = RefreshFailed with { Description = "`true` when a due refresh failed; otherwise absent." };
}
