namespace Axvault.Api.Credentials.Versions;

/// <summary>The id of a credential version: a UUID in lower case with hyphens (RFC 9562 §4).</summary>
internal static class VersionId
{
    /// <summary>The form, as a regular expression.</summary>
    public const string Pattern = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";

    /// <summary>Reads an id.</summary>
    public static bool TryParse(string? text, out Guid id) => Guid.TryParseExact(text, "d", out id) && ToText(id) == text;

    /// <summary>Writes <paramref name="id"/>.</summary>
    public static string ToText(Guid id) => id.ToString("d");
}
