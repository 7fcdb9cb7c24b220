using System.Security.Cryptography;

namespace Axvault.Exercise.Fleet;

/// <summary>The common settings of all replicas of a fleet. Its text does not show the encryption key.</summary>
internal sealed class ReplicaSettings(string databaseUrl, Uri provider)
{
    /// <summary>The time that a stopping replica keeps serving, in seconds. The balancer needs a third of it to notice.</summary>
    private const string ShutdownDelay = "3";

    private readonly string _encryptionKey = RandomNumberGenerator.GetHexString(48, lowercase: true);

    /// <summary>Adds the settings to <paramref name="variables"/>.</summary>
    public void ApplyTo(IDictionary<string, string?> variables)
    {
        variables["AXVAULT_DATABASE_URL"] = databaseUrl;
        variables["AXVAULT_ENCRYPTION_KEY"] = _encryptionKey;
        variables["AXVAULT_SHUTDOWN_DELAY"] = ShutdownDelay;
        variables["AXVAULT_LOG_LEVEL"] = "warn";

        // The whole load comes from one address with one key, and the exercise does not test rate limits.
        variables["AXVAULT_TRUSTED_PROXIES"] = "127.0.0.1";
        // The load finds the audit entry of an answer by the trace of its request.
        variables["AXVAULT_TRUSTED_TRACES"] = "on";
        variables["AXVAULT_RATE_LIMIT_KEY"] = "0";
        variables["AXVAULT_RATE_LIMIT_ADDRESS"] = "0";

        // The short intervals make tokens with a lifetime of seconds refresh all the time.
        variables["AXVAULT_REFRESH_MIN_INTERVAL"] = "1";
        variables["AXVAULT_REFRESH_SWEEP_INTERVAL"] = "5";
        variables[$"AXVAULT_OAUTH_{OAuthProvider.Name.ToUpperInvariant()}_TOKEN_URL"] = new Uri(provider, Tests.Provider.ProviderClients.TokenPath).AbsoluteUri;
        variables[$"AXVAULT_OAUTH_{OAuthProvider.Name.ToUpperInvariant()}_CLIENT_ID"] = Tests.Provider.ProviderClients.PublicId;
    }
}
