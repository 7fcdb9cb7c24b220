namespace Axvault.Api.Chain;

/// <summary>The names of actions in the audit log.</summary>
internal static class AuditAction
{
    public const string Authenticate = "authenticate";
    public const string Bootstrap = "bootstrap";

    /// <summary>A new bootstrap key was made from the command line, with the database and the encryption key.</summary>
    public const string BootstrapReset = "bootstrap.reset";

    public const string KeyCreate = "key.create";
    public const string KeyList = "key.list";
    public const string KeyRead = "key.read";
    public const string KeyUpdate = "key.update";
    public const string KeyRotate = "key.rotate";
    public const string KeyDelete = "key.delete";

    public const string CredentialPut = "credential.put";
    public const string CredentialList = "credential.list";
    public const string CredentialRead = "credential.read";
    public const string CredentialAnnotate = "credential.annotate";
    public const string CredentialDelete = "credential.delete";
    public const string CredentialPurge = "credential.purge";
    public const string CredentialRestore = "credential.restore";
    public const string CredentialUndelete = "credential.undelete";
    public const string CredentialVersionList = "credential.version.list";
    public const string CredentialVersionRead = "credential.version.read";
    public const string CredentialRefresh = "credential.refresh";

    /// <summary>The ways to a new login were read.</summary>
    public const string CredentialLoginRead = "credential.login.read";

    /// <summary>A person began to log a credential in again.</summary>
    public const string CredentialLoginBegin = "credential.login.begin";

    /// <summary>The tokens of a new login were stored, refused or waited for.</summary>
    public const string CredentialLoginFinish = "credential.login.finish";

    /// <summary>An answer of a provider that could not be read was handed out.</summary>
    public const string CredentialAnswerRead = "credential.answer.read";

    public const string IssuerPut = "issuer.put";
    public const string IssuerList = "issuer.list";
    public const string IssuerRead = "issuer.read";
    public const string IssuerDelete = "issuer.delete";
    public const string RulePut = "rule.put";
    public const string RuleList = "rule.list";
    public const string RuleRead = "rule.read";
    public const string RuleDelete = "rule.delete";
    public const string RuleTest = "rule.test";

    /// <summary>A workload's token was exchanged for a key, or refused.</summary>
    public const string TokenExchange = "token.exchange";

    /// <summary>A call through the broker was let through, before it left.</summary>
    public const string BrokerCall = "broker.call";

    /// <summary>A call through the broker ended.</summary>
    public const string BrokerEnd = "broker.end";

    /// <summary>The use of the broker was read.</summary>
    public const string UsageRead = "usage.read";

    /// <summary>The credentials were counted.</summary>
    public const string OverviewRead = "overview.read";

    public const string AuditList = "audit.list";

    /// <summary>Entries were counted.</summary>
    public const string AuditCount = "audit.count";

    public const string AuditVerify = "audit.verify";

    /// <summary>The oldest months of the chain were dropped.</summary>
    public const string AuditCut = "audit.cut";

    /// <summary>Entries can be written again.</summary>
    public const string AuditResume = "audit.resume";

    /// <summary>The chain's head is older than a server knew it: entries were removed, or the database was restored.</summary>
    public const string AuditRollback = "audit.rollback";

    /// <summary>A note for the chain was not written by a server of this vault.</summary>
    public const string AuditForgery = "audit.forgery";

    /// <summary>The rotation to another encryption key has begun.</summary>
    public const string RotationStart = "rotation.start";

    /// <summary>The rotation has ended: all that opens is encrypted under the new key.</summary>
    public const string RotationEnd = "rotation.end";

    /// <summary>Requests were refused by a rate limit.</summary>
    public const string RateLimit = "rate.limit";

    /// <summary>The servers of the vault were listed.</summary>
    public const string ServerList = "server.list";

    public const string ServerStart = "server.start";
    public const string ServerStop = "server.stop";
    public const string SchemaMigrate = "schema.migrate";

    /// <summary>Every action.</summary>
    public static readonly IReadOnlyList<string> All =
    [
        Authenticate,
        Bootstrap,
        BootstrapReset,
        KeyCreate,
        KeyList,
        KeyRead,
        KeyUpdate,
        KeyRotate,
        KeyDelete,
        CredentialPut,
        CredentialList,
        CredentialRead,
        CredentialAnnotate,
        CredentialDelete,
        CredentialPurge,
        CredentialRestore,
        CredentialUndelete,
        CredentialVersionList,
        CredentialVersionRead,
        CredentialRefresh,
        CredentialLoginRead,
        CredentialLoginBegin,
        CredentialLoginFinish,
        CredentialAnswerRead,
        IssuerPut,
        IssuerList,
        IssuerRead,
        IssuerDelete,
        RulePut,
        RuleList,
        RuleRead,
        RuleDelete,
        RuleTest,
        TokenExchange,
        BrokerCall,
        BrokerEnd,
        UsageRead,
        OverviewRead,
        AuditList,
        AuditCount,
        AuditVerify,
        AuditCut,
        AuditResume,
        AuditRollback,
        AuditForgery,
        RotationStart,
        RotationEnd,
        RateLimit,
        ServerList,
        ServerStart,
        ServerStop,
        SchemaMigrate,
    ];
}
