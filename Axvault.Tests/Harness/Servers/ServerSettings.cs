using System.Security.Cryptography.X509Certificates;
using Npgsql;

namespace Axvault.Tests.Harness.Servers;

/// <summary>The settings of a server under test.</summary>
public sealed record ServerSettings
{
    /// <summary>The encryption key of servers whose settings name no other.</summary>
    public const string DefaultKey = "the-encryption-key-of-the-tests-0123456789";

    /// <summary>Creates settings of a server on the database of <paramref name="connectionString"/>.</summary>
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

    /// <summary>The root certificate that clients of the server trust, when it speaks HTTPS.</summary>
    public X509Certificate2? Root { get; init; }

    /// <summary>
    /// <see langword="true"/> when many tests use the server. Its exports are then searched for leaks, unless <see cref="Variables"/> redirect them.
    /// </summary>
    public bool IsShared { get; init; }

    /// <summary>The working directory of the server; that of the tests when empty.</summary>
    public string WorkingDirectory { get; init; } = "";

    /// <summary>Further flags of <c>serve</c>.</summary>
    public IReadOnlyList<string> Flags { get; init; } = [];

    private static bool IsUrl(string text) => text.Length == 0 || text.Contains("://", StringComparison.Ordinal);

    // The tests share one PostgreSQL and its limited number of connections.
    private static string WithPool(string connectionString) =>
        new NpgsqlConnectionStringBuilder(connectionString) { Pooling = true, MaxPoolSize = 8 }.ConnectionString;
}
