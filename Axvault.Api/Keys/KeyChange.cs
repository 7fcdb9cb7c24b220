using System.Diagnostics.CodeAnalysis;

namespace Axvault.Api.Keys;

/// <summary>What came of a change to a key.</summary>
internal sealed record KeyChange
{
    /// <summary>The caller may not; whether the key exists is not told.</summary>
    public static readonly KeyChange Denied = new() { IsDenied = true };

    /// <summary>The caller may, and there is no such key.</summary>
    public static readonly KeyChange NotFound = new();

    private KeyChange()
    {
    }

    /// <summary>Whether the change was refused.</summary>
    public bool IsDenied { get; private init; }

    /// <summary>The key as it is now, or, when it was removed, as it was.</summary>
    public ApiKey? Key { get; private init; }

    /// <summary>Whether the change was made.</summary>
    [MemberNotNullWhen(true, nameof(Key))]
    public bool IsDone => Key is not null;

    /// <summary>The change was made.</summary>
    public static KeyChange Done(ApiKey key) => new() { Key = key };
}
