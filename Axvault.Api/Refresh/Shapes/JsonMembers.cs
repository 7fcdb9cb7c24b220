using System.Text.Json;

namespace Axvault.Api.Refresh.Shapes;

/// <summary>Finds members of parsed JSON from untrusted sources.</summary>
internal static class JsonMembers
{
    /// <summary>
    /// Returns the last member <paramref name="name"/> of the object <paramref name="parent"/>. A name with a lone surrogate is skipped, where
    /// <see cref="JsonElement.TryGetProperty(string, out JsonElement)"/> would throw.
    /// </summary>
    public static bool TryFind(JsonElement parent, string name, out JsonElement value)
    {
        value = default;
        var found = false;
        foreach (var member in parent.EnumerateObject())
        {
            if (IsNamed(member, name))
            {
                (value, found) = (member.Value, true);
            }
        }

        return found;
    }

    private static bool IsNamed(JsonProperty member, string name)
    {
        try
        {
            return member.NameEquals(name);
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
