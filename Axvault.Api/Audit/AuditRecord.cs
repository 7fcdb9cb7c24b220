using Axvault.Api.Authorization;

namespace Axvault.Api.Audit;

/// <summary>One act on the vault. It never holds a secret, a hash of one, or a credential's data.</summary>
/// <param name="Action">One of <see cref="AuditAction"/>.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Caller">The key it was done with, where one is known.</param>
/// <param name="Target">The name of the credential or the id of the key that it touched.</param>
/// <param name="Reason">Why it was refused or failed, or what else there is to say.</param>
internal sealed record AuditRecord(string Action, AuditOutcome Outcome, Caller? Caller = null, string? Target = null, string? Reason = null);
