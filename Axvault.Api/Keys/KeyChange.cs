using System.Diagnostics.CodeAnalysis;

namespace Axvault.Api.Keys;

/// <summary>The result of a change to a key.</summary>
internal sealed record KeyChange
{
    /// <summary>The caller may not make the change. The result does not tell whether the key exists.</summary>
    public static readonly KeyChange Denied = new() { IsDenied = true };

    /// <summary>The caller used a replaced secret, which changes no key. The result does not tell whether the key exists.</summary>
    public static readonly KeyChange Superseded = new()
    {
        IsDenied = true,
        Obstacle =
            "The secret of this request was replaced by a rotation. Until it stops it reads and writes credentials, but changes no key: "
            + "use the key's present secret.",
    };

    /// <summary>The caller may make the change, and there is no such key.</summary>
    public static readonly KeyChange NotFound = new();

    /// <summary>The key was removed.</summary>
    public static readonly KeyChange Removed = new() { IsRemoved = true };

    private KeyChange() { }

    /// <summary><see langword="true"/> when the key was removed; otherwise <see langword="false"/>.</summary>
    public bool IsRemoved { get; private init; }

    /// <summary><see langword="true"/> when the change was refused; otherwise <see langword="false"/>.</summary>
    public bool IsDenied { get; private init; }

    /// <summary>The reason against the change, as a sentence for the answer; <see langword="null"/> when the call has one of its own.</summary>
    public string? Obstacle { get; private init; }

    /// <summary>The key after the change; <see langword="null"/> when it was removed or not changed.</summary>
    public ApiKey? Key { get; private init; }

    /// <summary><see langword="true"/> when the key was made or changed; otherwise <see langword="false"/>.</summary>
    [MemberNotNullWhen(true, nameof(Key))]
    public bool IsDone => Key is not null;

    /// <summary>Returns the result of a change that the state of the keys forbids.</summary>
    /// <param name="obstacle">The reason, as a sentence for the answer.</param>
    public static KeyChange Blocked(string obstacle) => new() { Obstacle = obstacle };

    /// <summary>Returns the result of a change that was made.</summary>
    /// <param name="key">The key.</param>
    public static KeyChange Done(ApiKey key) => new() { Key = key };
}
