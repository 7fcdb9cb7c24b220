using System.IO.Hashing;
using System.Security.Cryptography;
using System.Text;
using Axvault.AppHost.EmbeddedPostgres;

namespace Axvault.AppHost;

/// <summary>The secret of the first API key, which the AppHost makes for its own database and hands to the server in a file.</summary>
/// <remarks>The file lies beside the data, so each clone has its own secret, and it is the same after a restart.</remarks>
/// <param name="file">The file that keeps the secret, readable by its owner only; <c>null</c> for a database that is not the AppHost's own.</param>
internal sealed class BootstrapSecret(string? file)
{
    /// <summary>The setting of the server that names the file.</summary>
    public const string Variable = "AXVAULT_BOOTSTRAP_SECRET_FILE";

    private const string Prefix = "axv_sk_";
    private const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private const int RandomLength = 43;
    private const int ChecksumLength = 6;

    private readonly Lock _lock = new();

    /// <summary>Returns the secret for the vault in <paramref name="database"/>.</summary>
    public static BootstrapSecret For(IResource? database) => new(DatabaseFolder.Of(database) is { } folder ? Path.Combine(folder, "bootstrap-secret") : null);

    /// <summary>Returns the path of the file, which the first call makes.</summary>
    public string MakeFile()
    {
        lock (_lock)
        {
            if (!File.Exists(file!))
            {
                Directory.CreateDirectory(Path.GetDirectoryName(file)!);
                // A file of this name is complete, even after a crash.
                ClusterFolder.WritePrivate($"{file}.new", Create());
                File.Move($"{file}.new", file!);
            }

            return file!;
        }
    }

    /// <summary>Returns the secret, or <c>null</c> when there is none.</summary>
    public string? Reveal()
    {
        lock (_lock)
        {
            return File.Exists(file) ? File.ReadAllText(file) : null;
        }
    }

    /// <inheritdoc />
    public override string ToString() => $"{Prefix}…";

    /// <summary>Makes a secret of the form that the server checks: 43 random base-62 characters, and the CRC-32 as 6 more.</summary>
    public static string Create()
    {
        var body = Prefix + RandomNumberGenerator.GetString(Alphabet, RandomLength);
        var checksum = new char[ChecksumLength];
        var rest = Crc32.HashToUInt32(Encoding.ASCII.GetBytes(body));
        for (var i = ChecksumLength - 1; i >= 0; i--)
        {
            (rest, var digit) = Math.DivRem(rest, (uint)Alphabet.Length);
            checksum[i] = Alphabet[(int)digit];
        }

        return body + new string(checksum);
    }
}
