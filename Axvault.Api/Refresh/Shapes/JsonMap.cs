using System.Text.Json;

namespace Axvault.Api.Refresh.Shapes;

/// <summary>
/// The positions of the members of a JSON object, and of the objects directly in it. With them a value can be replaced without touching any other byte.
/// </summary>
internal sealed class JsonMap
{
    private readonly Dictionary<(string? Parent, string Name), JsonSlot> _slots = [];
    private JsonSlot _root;

    private JsonMap() { }

    /// <summary>The members of the root that are objects, by their names.</summary>
    public IEnumerable<string> Objects =>
        _slots.Where(static slot => slot.Key.Parent is null && slot.Value.Kind == JsonTokenType.StartObject).Select(static slot => slot.Key.Name);

    /// <summary>Maps <paramref name="json"/>, a JSON object.</summary>
    public static JsonMap Of(ReadOnlySpan<byte> json)
    {
        var map = new JsonMap();
        var reader = new Utf8JsonReader(json);
        reader.Read();
        var start = (int)reader.TokenStartIndex;
        map.ReadMembers(ref reader, null);
        map._root = new JsonSlot(start, (int)reader.BytesConsumed, JsonTokenType.StartObject);
        return map;
    }

    /// <summary>Returns the position of the member <paramref name="name"/> of <paramref name="parent"/>; <see langword="null"/> is the root.</summary>
    public bool TryFind(string? parent, string name, out JsonSlot slot) => _slots.TryGetValue((parent, name), out slot);

    /// <summary>The object <paramref name="parent"/> itself.</summary>
    public JsonSlot ObjectAt(string? parent) => parent is null ? _root : _slots[(null, parent)];

    /// <summary>Returns <see langword="true"/> when the object <paramref name="parent"/> has no members; otherwise <see langword="false"/>.</summary>
    public bool IsEmpty(string? parent) => !_slots.Keys.Any(key => key.Parent == parent);

    private void ReadMembers(ref Utf8JsonReader reader, string? parent)
    {
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = TextOf(ref reader);
            reader.Read();
            var (start, kind) = ((int)reader.TokenStartIndex, reader.TokenType);
            if (kind == JsonTokenType.StartObject && parent is null && name is not null)
            {
                ReadMembers(ref reader, name);
            }
            else
            {
                reader.Skip();
            }

            if (name is not null)
            {
                _slots[(parent, name)] = new JsonSlot(start, (int)reader.BytesConsumed, kind);
            }
        }
    }

    /// <summary>Returns the text of the name or string at <paramref name="reader"/>, or <see langword="null"/> for a lone surrogate.</summary>
    public static string? TextOf(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
