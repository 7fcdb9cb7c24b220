using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Axvault.Api.Settings;

namespace Axvault.Api.Tls;

/// <summary>The files of the server's certificate, with its chain, and of its key. They may be the same file.</summary>
/// <param name="CertificateFile">The path of the certificate's file.</param>
/// <param name="KeyFile">The path of the key's file.</param>
internal sealed record TlsFiles(string CertificateFile, string KeyFile)
{
    private const int MaxBytes = 256 * 1024;

    private const string Unreadable = "the file cannot be read, is empty, or has more than 256 KiB";

    /// <summary>Reads both files.</summary>
    /// <param name="contents">The contents.</param>
    /// <param name="faults">The faults, when a file cannot be read.</param>
    public bool TryRead([NotNullWhen(true)] out TlsFileContents? contents, out IReadOnlyList<TlsFault> faults)
    {
        var certificate = Read(CertificateFile);
        var key = KeyFile == CertificateFile ? certificate : Read(KeyFile);
        var found = new List<TlsFault>();
        if (certificate is null)
        {
            found.Add(TlsFault.OfCertificate(Unreadable));
        }

        if (key is null && KeyFile != CertificateFile)
        {
            found.Add(TlsFault.OfKey(Unreadable));
        }

        faults = found;
        contents = certificate is not null && key is not null ? new TlsFileContents(certificate, key) : null;
        return contents is not null;
    }

    private static byte[]? Read(string path)
    {
        try
        {
            return BoundedFile.Read(path, MaxBytes);
        }
        catch (Exception exception) when (BoundedFile.IsUnreadable(exception))
        {
            return null;
        }
    }
}

/// <summary>The contents of the files.</summary>
internal sealed class TlsFileContents(byte[] certificate, byte[] key)
{
    // Hashed separately: swapped files, or a line moved from one to the other, are different contents.
    private readonly byte[] _hash = SHA256.HashData([.. SHA256.HashData(certificate), .. SHA256.HashData(key)]);

    /// <summary>The certificate and its chain, in PEM (RFC 7468).</summary>
    public string Certificate => Encoding.Latin1.GetString(certificate);

    /// <summary>Returns the key, in PEM.</summary>
    public string RevealKey() => Encoding.Latin1.GetString(key);

    /// <summary>Returns <see langword="true"/> when <paramref name="other"/> is the same; otherwise <see langword="false"/>.</summary>
    public bool Is(TlsFileContents? other) => other is not null && _hash.AsSpan().SequenceEqual(other._hash);
}
