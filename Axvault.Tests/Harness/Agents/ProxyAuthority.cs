using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Axvault.Tests.Harness.Agents;

/// <summary>A certificate authority for one test. It issues a certificate for any host.</summary>
internal sealed class ProxyAuthority : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ConcurrentDictionary<string, X509Certificate2> _issued = new(StringComparer.OrdinalIgnoreCase);
    private readonly DateTimeOffset _now = TimeProvider.System.GetUtcNow();
    private readonly X509Certificate2 _root;

    public ProxyAuthority()
    {
        var request = new CertificateRequest("CN=Provider double of the tests", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        _root = request.CreateSelfSigned(_now.AddDays(-1), _now.AddDays(8));
    }

    /// <summary>The certificate of the authority, in PEM.</summary>
    public string RootPem => _root.ExportCertificatePem();

    /// <summary>Returns a certificate for <paramref name="host"/>.</summary>
    public X509Certificate2 Issue(string host) => _issued.GetOrAdd(host, IssueNew);

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var certificate in _issued.Values.Append(_root))
        {
            certificate.Dispose();
        }

        _key.Dispose();
    }

    private X509Certificate2 IssueNew(string host)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_root, includeKeyIdentifier: true, false));
        using var signed = request.Create(_root, _now.AddHours(-1), _now.AddDays(7), RandomNumberGenerator.GetBytes(8));
        using var certificate = signed.CopyWithPrivateKey(key);
        // Not every platform serves TLS with a key that was never stored.
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }
}
