using System.Security.Cryptography;

namespace Axvault.Exercise.Fleet;

/// <summary>What all replicas of a fleet have in common. It holds the encryption key, and does not show it when it is printed.</summary>
internal sealed class ReplicaSettings(string databaseUrl, Uri provider)
{
    /// <summary>How long a replica that is told to stop serves on, in seconds: a few times what the balancer needs to notice.</summary>
    private const string ShutdownDelay = "3";

    private readonly string _encryptionKey = RandomNumberGenerator.GetHexString(48, lowercase: true);

    /// <summary>Puts them into <paramref name="variables"/>.</summary>
    public void ApplyTo(IDictionary<string, string?> variables)
    {
        ArgumentNullException.ThrowIfNull(variables);

        variables["AXVAULT_DATABASE_URL"] = databaseUrl;
        variables["AXVAULT_ENCRYPTION_KEY"] = _encryptionKey;
        variables["AXVAULT_SHUTDOWN_DELAY"] = ShutdownDelay;
        variables["AXVAULT_LOG_LEVEL"] = "warn";

        // All come from one address, and by one key; what is tried is not how they are held back.
        variables["AXVAULT_TRUSTED_PROXIES"] = "127.0.0.1";
        variables["AXVAULT_RATE_LIMIT_KEY"] = "0";
        variables["AXVAULT_RATE_LIMIT_ADDRESS"] = "0";

        // Tokens that live some seconds are refreshed all the time.
        variables["AXVAULT_REFRESH_MIN_INTERVAL"] = "1";
        variables["AXVAULT_REFRESH_SWEEP_INTERVAL"] = "5";
        variables[$"AXVAULT_OAUTH_{OAuthProvider.Name.ToUpperInvariant()}_TOKEN_URL"] = new Uri(provider, Tests.Provider.ProviderClients.TokenPath).AbsoluteUri;
        variables[$"AXVAULT_OAUTH_{OAuthProvider.Name.ToUpperInvariant()}_CLIENT_ID"] = Tests.Provider.ProviderClients.PublicId;
    }
}
