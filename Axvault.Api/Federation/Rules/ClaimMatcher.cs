using System.Text.Json;

namespace Axvault.Api.Federation.Rules;

/// <summary>A claim that a token must have, with one of some values.</summary>
/// <param name="Name">The name of the claim, or a JSON pointer to one inside of others (RFC 6901), such as <c>/kubernetes.io/namespace</c>.</param>
/// <param name="Values">The accepted values, exactly. A claim that is an array must hold one of them.</param>
internal sealed record ClaimMatcher(string Name, IReadOnlyList<string> Values)
{
    /// <summary>Returns <see langword="true"/> when <paramref name="claims"/> have an accepted value; otherwise <see langword="false"/>.</summary>
    public bool Matches(JsonElement claims) =>
        Find(claims) is { } found
        && (found.ValueKind == JsonValueKind.Array ? found.EnumerateArray().Any(IsAccepted) : IsAccepted(found));

    /// <summary>Returns the claim in <paramref name="claims"/> as text, for a person; <see langword="null"/> when there is none.</summary>
    public string? Describe(JsonElement claims) => Find(claims) is { } found ? Text(found) ?? found.GetRawText() : null;

    /// <summary>Returns the text of a scalar: <c>true</c> and <c>"true"</c> are the same, because issuers write flags in both ways.</summary>
    public static string? Text(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.String => value.GetString(),
            JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
            _ => null,
        };

    private bool IsAccepted(JsonElement value) => Text(value) is { } text && Values.Contains(text, StringComparer.Ordinal);

    private JsonElement? Find(JsonElement claims)
    {
        var names = Name.StartsWith('/') ? Name[1..].Split('/').Select(Unescape) : [Name];
        foreach (var name in names)
        {
            if (claims.ValueKind != JsonValueKind.Object || !claims.TryGetProperty(name, out claims))
            {
                return null;
            }
        }

        return claims;
    }

    private static string Unescape(string part) => part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
}
