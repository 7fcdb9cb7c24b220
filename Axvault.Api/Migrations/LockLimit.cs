namespace Axvault.Api.Migrations;

/// <summary>
/// How long a transaction that holds locks may wait for its server. One that is frozen in the middle of it, or cut off without a word, would keep the locks from all others
/// for as long as TCP takes to notice; the database ends its session instead, and undoes what it began.
/// </summary>
internal static class LockLimit
{
    /// <summary>For the lock of the schema and the vault's own rows, which is waited for without a limit.</summary>
    public const string OfSchema = "set_config('idle_in_transaction_session_timeout', '10s', true)";

    /// <summary>For the locks of rows: shorter than the time after which the others give up their own statements.</summary>
    public const string OfRows = "set_config('idle_in_transaction_session_timeout', '3s', true)";
}
