using Axvault.Client;

namespace Axvault.Api.CommandLine.Client;

/// <summary>The server and the key of a command: of the variables, else of the kept login.</summary>
/// <param name="Options">The server and the key.</param>
/// <param name="Source">The place that they come from, for people.</param>
internal sealed record ClientConfiguration(AxvaultClientOptions Options, string Source)
{
    /// <summary>Reads the configuration.</summary>
    /// <exception cref="AxvaultException">There is none, or it is wrong.</exception>
    public static ClientConfiguration Read() => Find() ?? throw AxvaultClientOptions.NotConfigured(
        "No vault is configured. Set AXVAULT_URL and AXVAULT_API_KEY, or log in: axvault login URL."
    );

    /// <summary>Returns the configuration; <see langword="null"/> when there is none.</summary>
    /// <exception cref="AxvaultException">It is wrong.</exception>
    public static ClientConfiguration? Find()
    {
        var variables = AxvaultClientOptions.OfEnvironment();
        if (variables is { Url: not null, ApiKey: not null })
        {
            return new ClientConfiguration(variables, "the variables of the environment");
        }

        // A URL without a key, or a key without a URL, may mean another vault than the kept one. Neither is sent to the other.
        if (variables.Url is not null || variables.ApiKey is not null)
        {
            throw AxvaultClientOptions.NotConfigured("Set both AXVAULT_URL and AXVAULT_API_KEY, or neither.");
        }

        return KeptLogin.Find() is { } kept ? new ClientConfiguration(kept.ToOptions(), KeptLogin.Path) : null;
    }
}
