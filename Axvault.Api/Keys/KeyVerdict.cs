namespace Axvault.Api.Keys;

/// <summary>Whether a request may use the key that it came with. To the client everything but <see cref="Allowed"/> is a key that is not known.</summary>
internal enum KeyVerdict
{
    /// <summary>It may.</summary>
    Allowed,

    /// <summary>The key has expired.</summary>
    Expired,

    /// <summary>It comes from where the key may not be used.</summary>
    Elsewhere,

    /// <summary>The secret was replaced, and is not taken any more.</summary>
    SecretStopped,
}
