using System.Text;
using Axvault.Api.Authorization;

namespace Axvault.Fuzz.Targets;

/// <summary>Access entries, names and key ids, a line each: what is parsed is as it was written, and an entry that contains another covers what that covers.</summary>
internal sealed class AccessEntryTarget : FuzzTarget
{
    /// <inheritdoc />
    public override string Name => "access-entry";

    /// <inheritdoc />
    public override IReadOnlyList<string> Tokens => ["*", "claude.", "claude.*", "\n", "k_", "k_0123456789ab", new('a', 127), new('a', 128)];

    /// <inheritdoc />
    public override void Run(ReadOnlySpan<byte> input)
    {
        var lines = Encoding.UTF8.GetString(input).Split('\n').Take(8).ToList();
        List<AccessEntry> entries = [];
        List<CredentialName> names = [];
        foreach (var line in lines)
        {
            if (AccessEntry.TryParse(line, out var entry))
            {
                Holds(entry.Value == line && AccessEntry.TryParse(entry.ToString(), out var again) && again == entry, "an entry is as it was written");
                entries.Add(entry);
            }

            if (CredentialName.TryParse(line, out var name))
            {
                Holds(name.Value == line && CredentialName.FromStored(line) == name && AccessEntry.TryParse(line, out _), "a name is as it was written, and an entry as well");
                names.Add(name);
            }

            Holds(!KeyId.TryParse(line, out var id) || (id.Value == line && KeyId.FromStored(line) == id), "the id of a key is as it was written");
        }

        var list = AccessList.Of(entries);
        Holds(AccessList.FromStored(list.ToArray()).SequenceEqual(list), "a list is as it was stored");
        foreach (var entry in entries)
        {
            Holds(AccessEntry.All.Contains(entry) && (entry == AccessEntry.All || !entry.Contains(AccessEntry.All)), "* is within * alone, and everything is");
            Holds(entry.Contains(entry) && list.Contains(entry), "an entry contains itself");
            foreach (var other in entries.Where(entry.Contains))
            {
                Holds(names.TrueForAll(name => !other.Covers(name) || entry.Covers(name)), "an entry that contains another covers what that covers");
                Holds(entries.TrueForAll(third => !other.Contains(third) || entry.Contains(third)), "containing is transitive");
            }
        }
    }
}
