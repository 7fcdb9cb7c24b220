using System.Diagnostics.CodeAnalysis;
using Axvault.Api.Audit;
using Axvault.Api.Http;
using Axvault.Api.Keys;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Axvault.Api.Federation;

/// <summary>The result of a change to an issuer or a rule.</summary>
/// <param name="Value">The thing after the change; a removed thing as it was before; <see langword="null"/> when nothing was changed.</param>
/// <param name="IsNew"><see langword="true"/> when it was made; otherwise <see langword="false"/>.</param>
internal sealed record FederationChange<T>(T? Value, bool IsNew = false)
    where T : class
{
    /// <summary>The refusal of the caller.</summary>
    public KeyChange? Refusal { get; init; }

    /// <summary>The fault of a field that only the database can tell: its name, and the rule that it breaks.</summary>
    public (string Field, string Rule)? Fault { get; init; }

    /// <summary><see langword="true"/> when the change was made; otherwise <see langword="false"/>.</summary>
    [MemberNotNullWhen(true, nameof(Value))]
    public bool IsDone => Value is not null;

    /// <summary>Returns the refusal as an answer, and gives the audit log its reason.</summary>
    /// <param name="denied">The reason, if the caller may not make the change.</param>
    /// <param name="absent">The sentence about a missing thing.</param>
    /// <param name="trail">The audit entry.</param>
    public ProblemHttpResult Refuse(string denied, string absent, AuditTrail trail)
    {
        if (Fault is var (field, rule))
        {
            return Problems.Invalid(field, rule);
        }

        return Refusal is { } refusal ? KeyProblems.Refuse(refusal, denied, trail) : Problems.NotFound(absent);
    }
}
