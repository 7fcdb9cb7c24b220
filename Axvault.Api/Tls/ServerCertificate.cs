using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Axvault.Api.Http;

namespace Axvault.Api.Tls;

/// <summary>A certificate with its key and chain. It is never disposed: handshakes that use it may be running when it is replaced.</summary>
internal sealed class ServerCertificate
{
    private ServerCertificate(X509Certificate2 leaf, X509Certificate2Collection chain)
    {
        NotAfter = leaf.NotAfter.ToUniversalTime();
        Options = new SslServerAuthenticationOptions
        {
            // No intermediate certificate is fetched: the file has the chain.
            ServerCertificateContext = SslStreamCertificateContext.Create(leaf, chain, offline: true),
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
            ClientCertificateRequired = false,
        };
    }

    /// <summary>The expiry of the certificate.</summary>
    public DateTimeOffset NotAfter { get; }

    /// <summary>The options of connections with it. One object for all of them, so that OpenSSL's prepared context is reused.</summary>
    public SslServerAuthenticationOptions Options { get; }

    /// <summary>Reads a certificate, its chain and its key, and checks that they can be served.</summary>
    /// <param name="contents">The contents of the files.</param>
    /// <param name="now">The time.</param>
    /// <param name="certificate">The certificate.</param>
    /// <param name="faults">The reasons when they cannot be served.</param>
    public static bool TryRead(
        TlsFileContents contents,
        DateTimeOffset now,
        [NotNullWhen(true)] out ServerCertificate? certificate,
        out IReadOnlyList<TlsFault> faults
    )
    {
        certificate = null;
        var found = new List<TlsFault>();
        if (!TryReadChain(contents.Certificate, out var chain))
        {
            found.Add(TlsFault.OfCertificate("expected a certificate, and its chain after it, in PEM"));
        }
        else if (chain[0].NotAfter.ToUniversalTime() <= now)
        {
            found.Add(TlsFault.OfCertificate($"the certificate expired at {Timestamp.ToText(chain[0].NotAfter.ToUniversalTime())}"));
        }
        else if (chain[0].NotBefore.ToUniversalTime() > now)
        {
            found.Add(TlsFault.OfCertificate($"the certificate is not valid before {Timestamp.ToText(chain[0].NotBefore.ToUniversalTime())}"));
        }

        if (FindKey(contents.RevealKey()) is not { } label)
        {
            found.Add(TlsFault.OfKey("expected a private key in PEM"));
        }
        else if (label == "ENCRYPTED PRIVATE KEY")
        {
            found.Add(TlsFault.OfKey("expected a key that is not encrypted by a password"));
        }

        if (found.Count == 0 && TryJoin(contents, out var leaf))
        {
            chain.RemoveAt(0);
            certificate = new ServerCertificate(leaf, chain);
        }
        else if (found.Count == 0)
        {
            found.Add(TlsFault.OfKey("the key is not that of the certificate, which is the first one in its file, or is of a kind that cannot be used"));
        }

        faults = found;
        return certificate is not null;
    }

    private static bool TryReadChain(string pem, out X509Certificate2Collection chain)
    {
        chain = [];
        try
        {
            chain.ImportFromPem(pem);
        }
        catch (CryptographicException)
        {
            return false;
        }

        return chain.Count > 0;
    }

    private static string? FindKey(string pem)
    {
        var rest = pem.AsSpan();
        while (PemEncoding.TryFind(rest, out var fields))
        {
            var label = rest[fields.Label];
            if (label.EndsWith("PRIVATE KEY", StringComparison.Ordinal))
            {
                return label.ToString();
            }

            rest = rest[fields.Location.End..];
        }

        return null;
    }

    private static bool TryJoin(TlsFileContents contents, [NotNullWhen(true)] out X509Certificate2? leaf)
    {
        try
        {
            leaf = X509Certificate2.CreateFromPem(contents.Certificate, contents.RevealKey());
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException or NotSupportedException)
        {
            leaf = null;
        }

        // Schannel accepts no key that is only in memory.
        if (leaf is not null && OperatingSystem.IsWindows())
        {
            leaf = X509CertificateLoader.LoadPkcs12(leaf.Export(X509ContentType.Pkcs12), password: null);
        }

        return leaf is not null;
    }
}
