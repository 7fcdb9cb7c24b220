namespace Axvault.Api.Audit;

/// <summary>What was done, or asked for.</summary>
internal static class AuditAction
{
    public const string Authenticate = "authenticate";
    public const string Bootstrap = "bootstrap";
    public const string KeyCreate = "key.create";
    public const string KeyList = "key.list";
    public const string KeyRead = "key.read";
    public const string KeyUpdate = "key.update";
    public const string KeyDelete = "key.delete";
    public const string CredentialPut = "credential.put";
    public const string CredentialList = "credential.list";
    public const string CredentialRead = "credential.read";
    public const string CredentialDelete = "credential.delete";
    public const string CredentialRefresh = "credential.refresh";
}
