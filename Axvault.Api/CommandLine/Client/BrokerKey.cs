using System.CommandLine;
using Axvault.Client;

namespace Axvault.Api.CommandLine.Client;

/// <summary>The key that an agent uses for the broker: a short-lived one that may use one credential and nothing else, where one can be made.</summary>
internal static class BrokerKey
{
    /// <summary>Returns the flag with the lifetime of the key.</summary>
    public static Option<string> Lifetime() =>
        new("--expires")
        {
            Description = "Expiry of the key that is made for the agent: a time, or a duration such as 8h.",
            HelpName = "time",
            DefaultValueFactory = static _ => "12h",
        };

    /// <summary>Returns a key that may use <paramref name="name"/>.</summary>
    /// <param name="client">The client.</param>
    /// <param name="name">The credential.</param>
    /// <param name="expires">The expiry of a key that is made.</param>
    /// <param name="cancellationToken">Ends the calls.</param>
    /// <exception cref="AxvaultException">None may.</exception>
    public static async Task<string> FindAsync(AxvaultClient client, string name, string? expires, CancellationToken cancellationToken)
    {
        var self = await client.Keys.ReadSelfAsync(cancellationToken);
        if (Covers(self.GrantAccess, name))
        {
            var until = ClientArguments.ParseTime(expires, "--expires");
            var created = await client.Keys.CreateAsync(
                new NewApiKey($"agent with {name}")
                {
                    UseAccess = [name],
                    // A key ends no later than the one that makes it, and from no other network.
                    ExpiresAt = self.ExpiresAt < until ? self.ExpiresAt : until,
                    AllowedCidrs = self.AllowedCidrs,
                    RequestsPerMinute = self.RequestsPerMinute,
                    TokensPerDay = self.TokensPerDay,
                },
                cancellationToken
            );
            return created.RevealSecret();
        }

        return Covers(self.UseAccess, name) && ClientConfiguration.Read().Options.ApiKey is { } own
            ? own
            : throw new AxvaultException(
                AxvaultError.Forbidden,
                $"This key may neither use {name} nor make a key that does. An administrator can: axvault keys edit {self.Id} --use {name}."
            );
    }

    private static bool Covers(IReadOnlyList<string> entries, string name) =>
        entries.Any(entry => entry.EndsWith('*') ? name.StartsWith(entry[..^1], StringComparison.Ordinal) : entry == name);
}
