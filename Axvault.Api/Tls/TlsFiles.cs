using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Axvault.Api.Configuration;

namespace Axvault.Api.Tls;

/// <summary>The files that hold the certificate of the server, with its chain, and its key; they may be one and the same.</summary>
/// <param name="CertificateFile">The path of the certificate's file.</param>
/// <param name="KeyFile">The path of the key's file.</param>
internal sealed record TlsFiles(string CertificateFile, string KeyFile)
{
    private const int MaxBytes = 256 * 1024;

    private const string Unreadable = "the file cannot be read, is empty, or has more than 256 KiB";

    /// <summary>Reads both.</summary>
    /// <param name="contents">What is in them.</param>
    /// <param name="faults">What is wrong, when they cannot be read.</param>
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

/// <summary>What is in the files.</summary>
internal sealed class TlsFileContents(byte[] certificate, byte[] key)
{
    // Two files that change places, or a line that moves from one to the other, are another content.
    private readonly byte[] _hash = SHA256.HashData([.. SHA256.HashData(certificate), .. SHA256.HashData(key)]);

    /// <summary>The certificate and its chain, in PEM (RFC 7468), if it is that.</summary>
    public string Certificate => Encoding.Latin1.GetString(certificate);

    /// <summary>The key, in PEM, if it is that.</summary>
    public string RevealKey() => Encoding.Latin1.GetString(key);

    /// <summary>Whether <paramref name="other"/> is the same.</summary>
    public bool Is(TlsFileContents? other) => other is not null && _hash.AsSpan().SequenceEqual(other._hash);
}
