using System.Collections;
using System.Collections.Immutable;

namespace Axvault.Api.Authorization;

/// <summary>The names that a key may read, write or grant: the union of its entries, without repetitions, in the given order.</summary>
internal sealed class AccessList : IReadOnlyList<AccessEntry>
{
    /// <summary>The greatest number of entries. A longer list calls for a prefix.</summary>
    public const int MaxEntries = 256;

    /// <summary>The empty list: no access.</summary>
    public static readonly AccessList None = new([]);

    private readonly ImmutableArray<AccessEntry> _entries;

    private AccessList(ImmutableArray<AccessEntry> entries) => _entries = entries;

    /// <inheritdoc />
    public int Count => _entries.Length;

    /// <inheritdoc />
    public AccessEntry this[int index] => _entries[index];

    /// <summary>Creates a list of <paramref name="entries"/>, each once.</summary>
    public static AccessList Of(params IEnumerable<AccessEntry> entries) => new([.. entries.Distinct()]);

    /// <summary>Creates a list from stored entries.</summary>
    /// <exception cref="FormatException">An entry breaks <see cref="AccessEntry.Rule"/>.</exception>
    public static AccessList FromStored(IEnumerable<string> entries) =>
        Of(
            entries.Select(static text =>
                AccessEntry.TryParse(text, out var entry) ? entry : throw new FormatException("A stored access entry breaks its rule.")
            )
        );

    /// <summary>Returns <see langword="true"/> when the list gives access to <paramref name="name"/>; otherwise <see langword="false"/>.</summary>
    public bool Covers(CredentialName name) => _entries.Any(entry => entry.Covers(name));

    /// <summary>Returns <see langword="true"/> when one entry of the list contains <paramref name="other"/>; otherwise <see langword="false"/>.</summary>
    public bool Contains(AccessEntry other) => _entries.Any(entry => entry.Contains(other));

    /// <summary>Returns <see langword="true"/> when the list contains every entry of <paramref name="other"/>; otherwise <see langword="false"/>.</summary>
    public bool Contains(AccessList other) => other.All(Contains);

    /// <summary>The entries as text, for a store or an answer.</summary>
    public string[] ToArray() => [.. _entries.Select(static entry => entry.Value)];

    /// <summary>The entries for a column that came later, which is null without entries.</summary>
    public string[]? ToStored() => _entries.IsEmpty ? null : ToArray();

    /// <inheritdoc />
    public IEnumerator<AccessEntry> GetEnumerator() => _entries.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
