namespace Axvault.Api.Database;

/// <summary>
/// The longest time that PostgreSQL lets a transaction with locks idle. A server that is frozen or cut off would otherwise keep its locks until TCP notices.
/// PostgreSQL ends its session instead, and rolls the transaction back.
/// </summary>
internal static class LockLimit
{
    /// <summary>The limit for the lock of the schema and the vault's own rows, for which others wait without a limit.</summary>
    public const string OfSchema = "set_config('idle_in_transaction_session_timeout', '10s', true)";

    /// <summary>The limit for locks of rows: shorter than the time after which waiting statements give up.</summary>
    public const string OfRows = "set_config('idle_in_transaction_session_timeout', '3s', true)";
}
