namespace Axvault.Api.Configuration;

/// <summary>One setting of the server: the variable that gives it and, but for secrets, the flag of <c>serve</c> that beats the variable.</summary>
/// <param name="Variable">The environment variable.</param>
/// <param name="Flag">The flag, or <see langword="null"/> where a value on a command line would be seen by every user of the machine.</param>
/// <param name="Default">What holds when neither is given, as it would be written; <see langword="null"/> when there is no default.</param>
/// <param name="Description">What it means, for the help and the documentation.</param>
internal sealed record Setting(string Variable, string? Flag, string? Default, string Description)
{
    public static readonly Setting Port = new("AXVAULT_PORT", "--port", "3847", "Port to listen on.");

    public static readonly Setting Host = new("AXVAULT_HOST", "--host", "127.0.0.1", "Address to listen on: an IP address or localhost.");

    public static readonly Setting TlsCertificateFile = new(
        "AXVAULT_TLS_CERT_FILE", "--tls-cert-file", null, "A file with the server's certificate and its chain, in PEM: with it the port speaks HTTPS, and nothing else.");

    public static readonly Setting TlsKeyFile = new(
        "AXVAULT_TLS_KEY_FILE", "--tls-key-file", null, "A file with the certificate's private key, in PEM; it may be the same file.");

    public static readonly Setting DatabaseUrl = new(
        "AXVAULT_DATABASE_URL", "--database-url", "postgresql://localhost:5432/axvault", "PostgreSQL: a libpq URL or an Npgsql connection string.");

    public static readonly Setting DatabasePasswordFile = new(
        "AXVAULT_DATABASE_PASSWORD_FILE", null, null, "A file that holds the password of the database's user, for a URL without one.");

    public static readonly Setting DatabaseWait = new(
        "AXVAULT_DATABASE_WAIT", "--database-wait", "60", "Seconds that a start waits for a database that is not there yet.");

    public static readonly Setting EncryptionKey = new(
        "AXVAULT_ENCRYPTION_KEY", null, null, "The key that encrypts the credentials: at least 32 characters.");

    public static readonly Setting EncryptionKeyFile = new(
        "AXVAULT_ENCRYPTION_KEY_FILE", null, null, "A file that holds the encryption key, instead of the variable.");

    public static readonly Setting PreviousEncryptionKeys = new(
        "AXVAULT_ENCRYPTION_KEY_PREVIOUS", null, null, "Older encryption keys, separated by commas: they still decrypt, and encrypt only while another server lacks the newer one.");

    public static readonly Setting RefreshThreshold = new(
        "AXVAULT_REFRESH_THRESHOLD", "--refresh-threshold", "3600", "Seconds before its expiry that a credential is refreshed; 0 disables refresh.");

    public static readonly Setting RefreshTimeout = new(
        "AXVAULT_REFRESH_TIMEOUT_MS", "--refresh-timeout", "30000", "Milliseconds that one refresh may take.");

    public static readonly Setting RefreshMinInterval = new(
        "AXVAULT_REFRESH_MIN_INTERVAL", "--refresh-min-interval", "60", "Seconds after a refresh in which a credential is not refreshed again.");

    public static readonly Setting RefreshLifetimeFraction = new(
        "AXVAULT_REFRESH_LIFETIME_FRACTION", "--refresh-lifetime-fraction", "0.5", "Part of its lifetime that may be left of a token when it is refreshed, whatever the threshold.");

    public static readonly Setting RefreshLease = new(
        "AXVAULT_REFRESH_LEASE", "--refresh-lease", "15", "Seconds of silence after which a server that refreshes is taken for lost.");

    public static readonly Setting RefreshSweepInterval = new(
        "AXVAULT_REFRESH_SWEEP_INTERVAL", "--refresh-sweep-interval", "60", "Seconds between looks for credentials that expire unread; 0: none.");

    public static readonly Setting RefreshSweepConcurrency = new(
        "AXVAULT_REFRESH_SWEEP_CONCURRENCY", "--refresh-sweep-concurrency", "4", "How many of those are refreshed at once.");

    public static readonly Setting RefreshSpool = new(
        "AXVAULT_REFRESH_SPOOL", "--refresh-spool", null, "Folder for encrypted new tokens that the database cannot take yet.");

    public static readonly Setting CredentialVersions = new(
        "AXVAULT_CREDENTIAL_VERSIONS", "--credential-versions", "10", "How many replaced states of a credential are kept; 0: none.");

    public static readonly Setting DeletedRetention = new(
        "AXVAULT_DELETED_RETENTION_DAYS", "--deleted-retention-days", "30", "Days that a deleted credential can be brought back; 0: it is gone for good at once.");

    public static readonly Setting AuditRetention = new(
        "AXVAULT_AUDIT_RETENTION_DAYS", "--audit-retention-days", "400", "Days that the audit log is kept; it is dropped by whole months. 0: for ever.");

    public static readonly Setting AuditAnchorInterval = new(
        "AXVAULT_AUDIT_ANCHOR_INTERVAL", "--audit-anchor-interval", "300", "Seconds between log lines that hold the newest entry of the audit log, sealed.");

    public static readonly Setting ReadCache = new(
        "AXVAULT_READ_CACHE_MIB", "--read-cache", "16", "Mebibytes of keys and encrypted credentials that are remembered, each confirmed with the database before an answer leaves; 0: none.");

    public static readonly Setting TrustedProxies = new(
        "AXVAULT_TRUSTED_PROXIES", "--trusted-proxies", null, "Addresses or networks (CIDR) of proxies whose X-Forwarded-For is believed, separated by commas.");

    public static readonly Setting KeyRate = new(
        "AXVAULT_RATE_LIMIT_KEY", "--rate-limit-key", "500", "Requests a second that an API key may make in the long run, ten times as many at once; 0: any number.");

    public static readonly Setting AddressRate = new(
        "AXVAULT_RATE_LIMIT_ADDRESS", "--rate-limit-address", "2000", "Requests a second that may come from an address in the long run, ten times as many at once; 0: any number.");

    public static readonly Setting AuthenticationFailures = new(
        "AXVAULT_AUTH_FAILURE_LIMIT", "--auth-failure-limit", "20", "Failed authentications a minute from an address, after which it is backed off; 0: any number.");

    public static readonly Setting MetricsPort = new("AXVAULT_METRICS_PORT", "--metrics-port", "0", "Port to serve metrics on, for Prometheus; 0: none.");

    public static readonly Setting MetricsHost = new(
        "AXVAULT_METRICS_HOST", "--metrics-host", "127.0.0.1", "Address to serve metrics on: an IP address or localhost.");

    public static readonly Setting ShutdownDelay = new(
        "AXVAULT_SHUTDOWN_DELAY", "--shutdown-delay", "0", "Seconds that a server that is told to stop still serves, while /health answers 503.");

    public static readonly Setting LogLevel = new(
        "AXVAULT_LOG_LEVEL", "--log-level", "info", $"The least severe level that is logged: {LogLevelName.Expected}.");

    public static readonly Setting Docs = new(
        "AXVAULT_DOCS", "--docs", "on", "Whether the API's reference is served, at /docs and /openapi/v1.json: on or off.");

    /// <summary>Every setting, in the order of the help.</summary>
    public static readonly IReadOnlyList<Setting> All =
    [
        Port, Host, TlsCertificateFile, TlsKeyFile, DatabaseUrl, DatabasePasswordFile, DatabaseWait, EncryptionKey, EncryptionKeyFile, PreviousEncryptionKeys, RefreshThreshold, RefreshTimeout, RefreshMinInterval, RefreshLifetimeFraction, RefreshLease,
        RefreshSweepInterval, RefreshSweepConcurrency, RefreshSpool, CredentialVersions, DeletedRetention, AuditRetention,
        AuditAnchorInterval, ReadCache, TrustedProxies, KeyRate, AddressRate, AuthenticationFailures, MetricsPort, MetricsHost, ShutdownDelay, LogLevel, Docs,
    ];

    /// <summary>The setting's names, for an error message.</summary>
    public override string ToString() => Flag is null ? Variable : $"{Variable} ({Flag})";
}
