using System.Globalization;
using Axvault.Client;

namespace Axvault.Api.CommandLine.Client;

/// <summary>The health of a credential in words.</summary>
internal static class Health
{
    /// <summary>The word for a credential that needs no one.</summary>
    public const string Good = "ok";

    /// <summary>Returns the health of <paramref name="credential"/>. An expired access token beside a working refresh is healthy.</summary>
    public static string Of(Credential credential, DateTimeOffset now)
    {
        if (credential.DeletedAt is { } deleted)
        {
            return $"deleted {Printer.Text(deleted)}";
        }

        return credential.Refresh switch
        {
            null or { Status: "ok" } => credential.KnownExpiry <= now && !credential.IsRenewed ? "expired" : Good,
            { Status: "failed", Error: var error } => $"failed ({error}): log in again",
            { Error: { } error, Attempts: var attempts, Status: var status } => string.Create(
                CultureInfo.InvariantCulture,
                $"{status} ({error}, {attempts} attempts)"
            ),
            var other => other.Status,
        };
    }

    /// <summary>Returns the provider of <paramref name="credential"/>, as its metadata tell; <see langword="null"/> when they do not.</summary>
    public static string? IssuerOf(Credential credential) =>
        credential.Provider ?? Axvault.Client.Agents.Agent.All.FirstOrDefault(agent => agent.Name == credential.Agent)?.Issuer;
}
