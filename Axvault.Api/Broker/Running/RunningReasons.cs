namespace Axvault.Api.Broker.Running;

/// <summary>The reasons for which this server ends a call, as the audit log has them.</summary>
internal static class RunningReasons
{
    public const string KeyGone = "the API key is gone, or has expired";
    public const string KeyNarrowed = "the API key may no longer use the credential";
    public const string CredentialGone = "the credential was deleted";
    public const string Unchecked = "the database has not answered for a minute";
    public const string Stopping = "the server stops";
}
