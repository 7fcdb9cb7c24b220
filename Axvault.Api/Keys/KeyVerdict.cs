namespace Axvault.Api.Keys;

/// <summary>The verdict on a request that uses a key. For the client, everything but <see cref="Allowed"/> is an unknown key.</summary>
internal enum KeyVerdict
{
    /// <summary>The request may use the key.</summary>
    Allowed,

    /// <summary>The key has expired.</summary>
    Expired,

    /// <summary>The key may not be used from the client's address.</summary>
    Elsewhere,

    /// <summary>The secret was replaced and is no longer valid.</summary>
    SecretStopped,

    /// <summary>The row of the key is not what a server has written.</summary>
    Foreign,
}
