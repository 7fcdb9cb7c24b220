using System.Diagnostics.CodeAnalysis;

namespace Axvault.Api.Credentials;

/// <summary>The headers of calls on credentials, and what the reference says of them.</summary>
internal static class CredentialHeaders
{
    /// <summary>A refresh was due, and was made.</summary>
    public const string Refreshed = "X-Axvault-Refreshed";

    /// <summary>A refresh was due, and could not be made.</summary>
    public const string RefreshFailed = "X-Axvault-Refresh-Failed";

    /// <summary>The entity tag.</summary>
    public const string Tag = "ETag";

    /// <summary>What an entity tag is in an answer.</summary>
    [StringSyntax(StringSyntaxAttribute.Json)]
    public const string TagSchema = """{ "type": "string", "pattern": "^\"[!#-~]+\"$", "examples": ["\"019bc123f0a47d1c8b1e2f3a4b5c6d7e-3-19bc1240e10\""] }""";

    /// <summary>What it means.</summary>
    public const string TagMeaning = "Which state of the credential it is: another one whenever `data` or anything that a put sets has changed, not when only `refresh` has.";

    /// <summary>What a condition is.</summary>
    [StringSyntax(StringSyntaxAttribute.Json)]
    public const string ConditionSchema = """{ "type": "string", "examples": ["\"019bc123f0a47d1c8b1e2f3a4b5c6d7e-3-19bc1240e10\"", "*"] }""";
}
