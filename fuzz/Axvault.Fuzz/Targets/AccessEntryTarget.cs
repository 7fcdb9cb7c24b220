using System.Text;
using Axvault.Api.Authorization;

namespace Axvault.Fuzz.Targets;

/// <summary>
/// Access entries, names and key ids, one per line. A parsed one has the text it was parsed from. An entry that contains another covers every name
/// that the other covers.
/// </summary>
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
                Holds(entry.Value == line && AccessEntry.TryParse(entry.ToString(), out var again) && again == entry, "an entry has its text");
                entries.Add(entry);
            }

            if (CredentialName.TryParse(line, out var name))
            {
                Holds(
                    name.Value == line && CredentialName.FromStored(line) == name && AccessEntry.TryParse(line, out _),
                    "a name has its text, and is also an entry"
                );
                names.Add(name);
            }

            Holds(!KeyId.TryParse(line, out var id) || (id.Value == line && KeyId.FromStored(line) == id), "a key id has its text");
        }

        var list = AccessList.Of(entries);
        Holds(AccessList.FromStored(list.ToArray()).SequenceEqual(list), "a list is read back as stored");
        foreach (var entry in entries)
        {
            Holds(
                AccessEntry.All.Contains(entry) && (entry == AccessEntry.All || !entry.Contains(AccessEntry.All)),
                "* contains everything, and only * contains *"
            );
            Holds(entry.Contains(entry) && list.Contains(entry), "an entry contains itself");
            foreach (var other in entries.Where(entry.Contains))
            {
                Holds(names.TrueForAll(name => !other.Covers(name) || entry.Covers(name)), "an entry that contains another covers what that covers");
                Holds(entries.TrueForAll(third => !other.Contains(third) || entry.Contains(third)), "containing is transitive");
            }
        }
    }
}
