using System.Diagnostics.CodeAnalysis;
using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Axvault.Api.Credentials;

/// <summary>The first check of every call on one credential: its name is valid, and the key may read or write it.</summary>
internal static class CredentialGate
{
    /// <summary>Returns <see langword="true"/> when <paramref name="caller"/> may read <paramref name="name"/>; otherwise a 400 or 403.</summary>
    public static bool MayRead(
        string name,
        Caller caller,
        AuditTrail trail,
        [NotNullWhen(true)] out CredentialName? credential,
        [NotNullWhen(false)] out ProblemHttpResult? refusal
    )
    {
        return IsName(name, out credential, out refusal) && Allows(caller.MayRead(credential), "read", credential, trail, out refusal);
    }

    /// <summary>Returns <see langword="true"/> when <paramref name="caller"/> may write <paramref name="name"/>; otherwise a 400 or 403.</summary>
    public static bool MayWrite(
        string name,
        Caller caller,
        AuditTrail trail,
        [NotNullWhen(true)] out CredentialName? credential,
        [NotNullWhen(false)] out ProblemHttpResult? refusal
    )
    {
        return IsName(name, out credential, out refusal) && Allows(caller.MayWrite(credential), "write", credential, trail, out refusal);
    }

    /// <summary>Returns the 400 or 403 of a caller that may not write the credential of the path, without its body.</summary>
    public static ProblemHttpResult? RefuseWrite(HttpContext context, Caller caller, AuditTrail trail)
    {
        // The decision is recorded once: here when it is a refusal, and otherwise by the handler.
        var name = (string)context.GetRouteValue("name")!;
        if (CredentialName.TryParse(name, out var credential) && caller.Scope.Write.Covers(credential))
        {
            return null;
        }

        MayWrite(name, caller, trail, out _, out var refusal);
        return refusal;
    }

    private static bool IsName(string name, [NotNullWhen(true)] out CredentialName? credential, [NotNullWhen(false)] out ProblemHttpResult? refusal)
    {
        refusal = CredentialName.TryParse(name, out credential) ? null : CredentialProblems.InvalidName();
        return refusal is null;
    }

    private static bool Allows(bool allowed, string access, CredentialName credential, AuditTrail trail, [NotNullWhen(false)] out ProblemHttpResult? refusal)
    {
        refusal = allowed ? null : CredentialProblems.Forbidden(access, credential, trail);
        return allowed;
    }
}
