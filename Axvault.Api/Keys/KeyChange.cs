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

    /// <summary>Why the state of the keys does not allow it, in a sentence for the answer; <see langword="null"/> when it does.</summary>
    public string? Obstacle { get; private init; }

    /// <summary>The key as it is now, or, when it was removed, as it was.</summary>
    public ApiKey? Key { get; private init; }

    /// <summary>Whether the note of the change for the audit log was written with it.</summary>
    public bool IsNoted { get; private init; }

    /// <summary>Whether the change was made.</summary>
    [MemberNotNullWhen(true, nameof(Key))]
    public bool IsDone => Key is not null;

    /// <summary>The caller may, and the state of the keys does not allow it.</summary>
    /// <param name="obstacle">Why, in a sentence for the answer.</param>
    public static KeyChange Blocked(string obstacle) => new() { Obstacle = obstacle };

    /// <summary>The change was made.</summary>
    /// <param name="key">The key.</param>
    /// <param name="isNoted">Whether its note for the audit log was written with it.</param>
    public static KeyChange Done(ApiKey key, bool isNoted = true) => new() { Key = key, IsNoted = isNoted };
}
