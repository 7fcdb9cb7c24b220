namespace Axvault.Tests.Leaks;

/// <summary>What a secret is, and how a run came to know it: several at once, when it came several ways.</summary>
[Flags]
internal enum SecretKind
{
    /// <summary>An API key that a request was sent with, whether or not a server takes it.</summary>
    SentKey = 1,

    /// <summary>An API key that a server made for whoever asked.</summary>
    CreatedKey = 2,

    /// <summary>An API key that a server showed on its standard error: rightly so when it was the vault's first, or made by a reset.</summary>
    ShownKey = 4,

    /// <summary>A key or a client's secret in a server's settings.</summary>
    Setting = 8,

    /// <summary>The password of a database.</summary>
    DatabasePassword = 16,

    /// <summary>A token that the provider issued.</summary>
    ProviderToken = 32,

    /// <summary>A value in the data of a credential.</summary>
    CredentialData = 64,
}
