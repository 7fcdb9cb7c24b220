using System.Text.Json;

namespace Axvault.Api.Refresh.Grants;

/// <summary>Finds members of a provider's answer. <c>access_token</c> also finds <c>accessToken</c> and <c>Access-Token</c>.</summary>
internal static class AnswerMembers
{
    /// <summary>Returns the last member <paramref name="name"/> of <paramref name="parent"/>, the exact name before other spellings.</summary>
    public static JsonElement? Find(JsonElement parent, string name)
    {
        if (parent.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        JsonElement? exact = null;
        JsonElement? similar = null;
        var plain = Plain(name);
        foreach (var member in parent.EnumerateObject())
        {
            if (TryName(member) is not { } found)
            {
                continue;
            }

            (exact, similar) = found == name ? (member.Value, similar) : (exact, Plain(found) == plain ? member.Value : similar);
        }

        return exact is { ValueKind: not JsonValueKind.Null } ? exact : similar ?? exact;
    }

    /// <summary>Returns the text of a member; <see langword="null"/> when it has none.</summary>
    public static string? Text(JsonElement parent, string name) => Find(parent, name) is { } value ? Text(value) : null;

    /// <summary>Returns the text of a string; <see langword="null"/> for an empty one or another type.</summary>
    public static string? Text(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;
        }
        catch (InvalidOperationException)
        {
            // A lone surrogate is not text.
            return null;
        }
    }

    private static string Plain(string name) => name.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).ToLowerInvariant();

    private static string? TryName(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
