namespace Axvault.Tests.Harness.Leaks;

/// <summary>The kind of a secret, and how the run came to know it. The flags combine when the run met it in several ways.</summary>
[Flags]
internal enum SecretKind
{
    /// <summary>An API key sent with a request, accepted or not.</summary>
    SentKey = 1,

    /// <summary>An API key that a server created at a client's request.</summary>
    CreatedKey = 2,

    /// <summary>An API key that a server showed on standard error, which it may do for the first key of a vault and for a reset key.</summary>
    ShownKey = 4,

    /// <summary>An encryption key or a client secret in a server's settings.</summary>
    Setting = 8,

    /// <summary>A database password.</summary>
    DatabasePassword = 16,

    /// <summary>A token that the provider issued.</summary>
    ProviderToken = 32,

    /// <summary>A value in the data of a credential.</summary>
    CredentialData = 64,
}
