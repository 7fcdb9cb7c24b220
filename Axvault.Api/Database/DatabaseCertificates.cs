using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Axvault.Api.Settings;
using Npgsql;

namespace Axvault.Api.Database;

/// <summary>The files of certificates that a connection names. The driver reads them only during a TLS handshake, so a check reads them first.</summary>
internal static class DatabaseCertificates
{
    private const int MaxBytes = 4 * 1024 * 1024;

    /// <summary>Returns the first problem with a file of <paramref name="connection"/>, without its path; <see langword="null"/> when there is none.</summary>
    public static string? Find(NpgsqlConnectionStringBuilder connection)
    {
        if (connection.Passfile is { } passwords && !IsFile(passwords))
        {
            return "the file that passfile names is missing, empty or unreadable";
        }

        if (connection.RootCertificate is { } roots && FindRoots(roots) is { } problem)
        {
            return $"the file that sslrootcert (Root Certificate) names {problem}";
        }

        if (connection.SslKey is not null && connection.SslCertificate is null)
        {
            return "sslkey needs an sslcert";
        }

        return connection.SslCertificate is { } certificate ? FindClient(certificate, connection.SslKey, connection.SslPassword) : null;
    }

    /// <summary>Returns the problem with the file of trusted certificates at <paramref name="path"/>; <see langword="null"/> when it holds some.</summary>
    public static string? FindRoots(string path)
    {
        try
        {
            return BoundedFile.Read(path, MaxBytes) is { } bytes
                ? ReadRoots(bytes).Count == 0 ? "holds no certificate" : null
                : "is missing, empty or no regular file";
        }
        catch (Exception exception) when (BoundedFile.IsUnreadable(exception))
        {
            return "cannot be read";
        }
        catch (CryptographicException)
        {
            return "holds no valid certificate";
        }
    }

    /// <summary>Returns the certificates in <paramref name="bytes"/>, in PEM or DER, as the driver reads them.</summary>
    /// <exception cref="CryptographicException">A certificate is not valid.</exception>
    public static X509Certificate2Collection ReadRoots(byte[] bytes)
    {
        var roots = new X509Certificate2Collection();
        roots.ImportFromPem(System.Text.Encoding.UTF8.GetString(bytes));
        if (roots.Count == 0)
        {
            roots.Add(X509CertificateLoader.LoadCertificate(bytes));
        }

        return roots;
    }

    private static string? FindClient(string path, string? keyPath, string? password)
    {
        if (!IsFile(path))
        {
            return "the file that sslcert (SSL Certificate) names is missing, empty or unreadable";
        }

        if (keyPath is not null && !IsFile(keyPath))
        {
            return "the file that sslkey (SSL Key) names is missing, empty or unreadable";
        }

        try
        {
            using var certificate =
                Path.GetExtension(path).Equals(".pfx", StringComparison.OrdinalIgnoreCase) ? X509CertificateLoader.LoadPkcs12FromFile(path, password)
                : string.IsNullOrEmpty(password) ? X509Certificate2.CreateFromPemFile(path, keyPath)
                : X509Certificate2.CreateFromEncryptedPemFile(path, password, keyPath);
            return null;
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            return "the files that sslcert and sslkey name hold no certificate and private key that fit together, or sslpassword does not open the key";
        }
    }

    private static bool IsFile(string path)
    {
        try
        {
            return BoundedFile.Read(path, MaxBytes) is not null;
        }
        catch (Exception exception) when (BoundedFile.IsUnreadable(exception))
        {
            return false;
        }
    }
}
