using System.Security.Cryptography.X509Certificates;
using Npgsql;

namespace Axvault.Tests.Server;

/// <summary>How a server is started.</summary>
public sealed record ServerSettings
{
    /// <summary>The encryption key of a server that names no other.</summary>
    public const string DefaultKey = "the-encryption-key-of-the-tests-0123456789";

    /// <summary>Settings of a server on the database that <paramref name="connectionString"/> names.</summary>
    public ServerSettings(string connectionString) => DatabaseUrl = IsUrl(connectionString) ? connectionString : WithPool(connectionString);

    /// <summary>The value of <c>AXVAULT_DATABASE_URL</c>.</summary>
    public string DatabaseUrl { get; init; }

    /// <summary>The value of <c>AXVAULT_ENCRYPTION_KEY</c>.</summary>
    public string EncryptionKey { get; init; } = DefaultKey;

    /// <summary>The value of <c>AXVAULT_ENCRYPTION_KEY_PREVIOUS</c>.</summary>
    public string PreviousEncryptionKeys { get; init; } = "";

    /// <summary>The port; 0 lets the system choose.</summary>
    public int Port { get; init; }

    /// <summary>Further environment variables.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    /// <summary>The root that clients of the server trust, when it speaks HTTPS.</summary>
    public X509Certificate2? Root { get; init; }

    /// <summary>Whether many tests use the server: what it exports is watched for leaks, unless <see cref="Variables"/> send that elsewhere.</summary>
    public bool IsShared { get; init; }

    /// <summary>The folder that the server is started in; that of the tests when none is named.</summary>
    public string WorkingDirectory { get; init; } = "";

    /// <summary>Further flags of <c>serve</c>.</summary>
    public IReadOnlyList<string> Flags { get; init; } = [];

    private static bool IsUrl(string text) => text.Length == 0 || text.Contains("://", StringComparison.Ordinal);

    // Tests share one PostgreSQL, and its connections.
    private static string WithPool(string connectionString) => new NpgsqlConnectionStringBuilder(connectionString) { Pooling = true, MaxPoolSize = 8 }.ConnectionString;
}
