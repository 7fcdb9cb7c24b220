namespace Axvault.Api.Refresh.Shapes;

/// <summary>Changes to members of a JSON object, applied to its bytes. Unchanged members keep their place, form and spelling.</summary>
internal sealed class JsonEdits(JsonMap map)
{
    private readonly List<(int Start, int End, byte[] Text)> _edits = [];

    /// <summary>Replaces the value of a member, or adds the member at the end of its object.</summary>
    /// <param name="parent">The object; <see langword="null"/> is the root.</param>
    /// <param name="name">The member.</param>
    /// <param name="value">The value, as JSON.</param>
    public void Set(string? parent, string name, byte[] value)
    {
        if (!Replace(parent, name, value))
        {
            var end = map.ObjectAt(parent).End - 1;
            var isFirst = map.IsEmpty(parent) && !_edits.Exists(edit => edit.Start == end);
            _edits.Add((end, end, [.. isFirst ? ""u8 : ","u8, .. JsonText.Of(name), .. ":"u8, .. value]));
        }
    }

    /// <summary>Replaces the value of a member. Returns <see langword="false"/> when there is none.</summary>
    public bool Replace(string? parent, string name, byte[] value)
    {
        if (!map.TryFind(parent, name, out var slot))
        {
            return false;
        }

        _edits.Add((slot.Start, slot.End, value));
        return true;
    }

    /// <summary>Applies the changes to <paramref name="json"/>, the text that was mapped.</summary>
    public byte[] Apply(ReadOnlySpan<byte> json)
    {
        var result = new List<byte>(json.Length + _edits.Sum(static edit => edit.Text.Length));
        var at = 0;

        // A stable sort keeps members that are added at one place in the order in which they were set.
        foreach (var (start, end, text) in _edits.OrderBy(static edit => edit.Start))
        {
            result.AddRange(json[at..start]);
            result.AddRange(text);
            at = end;
        }

        result.AddRange(json[at..]);
        return [.. result];
    }
}
