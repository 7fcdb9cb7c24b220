using System.Net;

namespace Axvault.Api.Authorization;

/// <summary>The key that a request was authenticated with, as the database held it when the request came in.</summary>
/// <param name="KeyId">The key's id.</param>
/// <param name="KeyName">The key's name, for the log.</param>
/// <param name="Scope">What the key may do.</param>
internal sealed record Caller(KeyId KeyId, string KeyName, AccessScope Scope)
{
    /// <summary>Which of the key's secrets it was: they are numbered from 1, and each rotation adds one.</summary>
    public required int SecretVersion { get; init; }

    /// <summary>Whether it was the secret that the key had before its last rotation.</summary>
    public bool UsesPreviousSecret { get; init; }

    /// <summary>The client's address; that of the client behind a trusted proxy.</summary>
    public required IPAddress? Address { get; init; }

    /// <summary>What is told of each decision; nothing when it is not set.</summary>
    public AuthorizationTelemetry? Telemetry { private get; init; }

    /// <summary>Whether the key may fetch <paramref name="name"/>.</summary>
    public bool MayRead(CredentialName name)
    {
        using var span = AuthorizationTelemetry.Start();
        var allowed = Scope.Read.Covers(name);
        Telemetry?.Decided(span, AccessKind.Read, allowed);
        return allowed;
    }

    /// <summary>Whether the key may put, refresh and delete <paramref name="name"/>.</summary>
    public bool MayWrite(CredentialName name)
    {
        using var span = AuthorizationTelemetry.Start();
        var allowed = Scope.Write.Covers(name);
        Telemetry?.Decided(span, AccessKind.Write, allowed);
        return allowed;
    }

    /// <summary>Whether the key may see and remove every key.</summary>
    public bool MayAdminister() => MayManage(GrantRules.MayAdminister(Scope));

    /// <summary>Tells what was decided on a change of keys, where the change was made.</summary>
    /// <param name="allowed">Whether it was allowed.</param>
    /// <returns><paramref name="allowed"/>.</returns>
    public bool MayManage(bool allowed)
    {
        using var span = AuthorizationTelemetry.Start();
        Telemetry?.Decided(span, AccessKind.Grant, allowed);
        return allowed;
    }
}
