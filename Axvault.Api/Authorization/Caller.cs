using System.Net;

namespace Axvault.Api.Authorization;

/// <summary>The API key of a request, as the database held it when the request came in.</summary>
/// <param name="KeyId">The key's id.</param>
/// <param name="KeyName">The key's name, for the log.</param>
/// <param name="Scope">The key's rights.</param>
internal sealed record Caller(KeyId KeyId, string KeyName, AccessScope Scope)
{
    /// <summary>The number of the key's secret that was used. Secrets are numbered from 1, and each rotation adds one.</summary>
    public required int SecretVersion { get; init; }

    /// <summary>The rule that issued the key to a workload; <see langword="null"/> for other keys.</summary>
    public string? Rule { get; init; }

    /// <summary><see langword="true"/> when the secret was replaced by the key's last rotation; otherwise <see langword="false"/>.</summary>
    public bool UsesPreviousSecret { get; init; }

    /// <summary>The client's address; behind a trusted proxy, that of the client in front of it, if it is known.</summary>
    public required IPAddress? Address { get; init; }

    /// <summary>The telemetry of decisions; <see langword="null"/> for none.</summary>
    public AuthorizationTelemetry? Telemetry { private get; init; }

    /// <summary>Returns <see langword="true"/> when the key may fetch <paramref name="name"/>; otherwise <see langword="false"/>.</summary>
    public bool MayRead(CredentialName name)
    {
        using var span = AuthorizationTelemetry.Start();
        var allowed = Scope.Read.Covers(name);
        Telemetry?.Decided(span, AccessKind.Read, allowed);
        return allowed;
    }

    /// <summary>Returns <see langword="true"/> when the key may put, refresh and delete <paramref name="name"/>; otherwise <see langword="false"/>.</summary>
    public bool MayWrite(CredentialName name)
    {
        using var span = AuthorizationTelemetry.Start();
        var allowed = Scope.Write.Covers(name);
        Telemetry?.Decided(span, AccessKind.Write, allowed);
        return allowed;
    }

    /// <summary>Returns <see langword="true"/> when the key may use <paramref name="name"/> through the broker; otherwise <see langword="false"/>.</summary>
    public bool MayUse(CredentialName name)
    {
        using var span = AuthorizationTelemetry.Start();
        var allowed = Scope.Use.Covers(name);
        Telemetry?.Decided(span, AccessKind.Use, allowed);
        return allowed;
    }

    /// <summary>Returns <see langword="true"/> when the key may see and remove every key; otherwise <see langword="false"/>.</summary>
    public bool MayAdminister() => MayManage(GrantRules.MayAdminister(Scope));

    /// <summary>Records the decision on a change of keys, which was made in the transaction of the change.</summary>
    /// <param name="allowed"><see langword="true"/> when it was allowed; otherwise <see langword="false"/>.</param>
    /// <returns><paramref name="allowed"/>.</returns>
    public bool MayManage(bool allowed)
    {
        using var span = AuthorizationTelemetry.Start();
        Telemetry?.Decided(span, AccessKind.Grant, allowed);
        return allowed;
    }
}
