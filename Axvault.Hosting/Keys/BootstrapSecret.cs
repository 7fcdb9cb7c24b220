using System.IO.Hashing;
using System.Security.Cryptography;
using System.Text;

namespace Axvault.Hosting.Keys;

/// <summary>The secret of the first API key, which the AppHost makes for its own database and hands to the server in a file.</summary>
/// <param name="folder">The folder that keeps the secret, readable by its owner only; <c>null</c> for a database that is not the AppHost's own.</param>
internal sealed class BootstrapSecret(string? folder)
{
    /// <summary>The setting of the server that names the file.</summary>
    public const string Variable = "AXVAULT_BOOTSTRAP_SECRET_FILE";

    private const string Prefix = "axv_sk_";
    private const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private const int RandomLength = 43;
    private const int ChecksumLength = 6;

    private readonly Lock _lock = new();
    private readonly string? _file = folder is null ? null : Path.Combine(folder, "bootstrap-secret");

    /// <summary>Returns the path of the file, which the first call makes; <c>null</c> when there is no folder.</summary>
    public string? MakeFile()
    {
        lock (_lock)
        {
            if (_file is not null && !File.Exists(_file))
            {
                PrivateFile.Write(_file, Create());
            }

            return _file;
        }
    }

    /// <summary>Returns the secret, or <c>null</c> when there is none.</summary>
    public string? Reveal()
    {
        lock (_lock)
        {
            return File.Exists(_file) ? File.ReadAllText(_file) : null;
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
