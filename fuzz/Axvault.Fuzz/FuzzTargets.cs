using Axvault.Fuzz.Targets;

namespace Axvault.Fuzz;

/// <summary>The targets of the fuzzer.</summary>
internal static class FuzzTargets
{
    /// <summary>Every target.</summary>
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new AccessEntryTarget(),
        new ApiKeySecretTarget(),
        new AuditAnchorTarget(),
        new AuditNoteTarget(),
        new AuditQueryTarget(),
        new AuthorizationHeaderTarget(),
        new CredentialTokensTarget(),
        new DatabaseUrlTarget(),
        new EnvelopeTarget(),
        new JwtExpiryTarget(),
        new OptionsTarget(),
        new RequestTarget(),
        new RuleTarget(),
        new SpoolEntryTarget(),
        new TimestampTarget(),
        new TokenResponseTarget(),
        new WorkloadTokenTarget(),
    ];
}
