using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Axvault.Tests.Tls;

/// <summary>A certificate authority for one test: a root that clients trust, and an intermediate that issues certificates.</summary>
internal sealed class TestAuthority : IDisposable
{
    private static readonly TimeSpan Life = TimeSpan.FromDays(3650);

    private readonly ECDsa _rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _intermediateKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _intermediate;

    public TestAuthority()
    {
        var now = TimeProvider.System.GetUtcNow();
        Root = Authority("CN=Root of the tests", _rootKey).CreateSelfSigned(now.AddDays(-1), now + Life);
        using var signed = Authority("CN=Intermediate of the tests", _intermediateKey)
            .Create(Root, now.AddDays(-1), now.AddDays(3000), RandomNumberGenerator.GetBytes(8));
        _intermediate = signed.CopyWithPrivateKey(_intermediateKey);
    }

    /// <summary>The root certificate that clients trust.</summary>
    public X509Certificate2 Root { get; }

    /// <summary>Issues a certificate for 127.0.0.1 and localhost.</summary>
    /// <param name="from">The begin of its validity, relative to now.</param>
    /// <param name="until">The end of its validity, relative to now.</param>
    /// <param name="rsa"><see langword="true"/> for an RSA key; <see langword="false"/> for an elliptic curve.</param>
    public IssuedCertificate Issue(TimeSpan? from = null, TimeSpan? until = null, bool rsa = false)
    {
        using AsymmetricAlgorithm key = rsa ? RSA.Create(2048) : ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = key is RSA rsaKey
            ? new CertificateRequest("CN=axvault", rsaKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest("CN=axvault", (ECDsa)key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.Create(
            _intermediate.SubjectName,
            X509SignatureGenerator.CreateForECDsa(_intermediateKey),
            now + (from ?? TimeSpan.FromHours(-48)),
            now + (until ?? TimeSpan.FromDays(90)),
            RandomNumberGenerator.GetBytes(8)
        );
        return new IssuedCertificate(
            $"{certificate.ExportCertificatePem()}\n{_intermediate.ExportCertificatePem()}\n",
            $"{key.ExportPkcs8PrivateKeyPem()}\n",
            key.ExportEncryptedPkcs8PrivateKeyPem("a password", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000)),
            certificate.Thumbprint
        );
    }

    public void Dispose()
    {
        Root.Dispose();
        _intermediate.Dispose();
        _rootKey.Dispose();
        _intermediateKey.Dispose();
    }

    private static CertificateRequest Authority(string name, ECDsa key)
    {
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        return request;
    }
}

/// <summary>An issued certificate. Its text does not show the key.</summary>
/// <param name="Chain">The certificate and the intermediate, in PEM.</param>
/// <param name="Key">The private key, in PEM.</param>
/// <param name="LockedKey">The private key, encrypted with a password.</param>
/// <param name="Thumbprint">The thumbprint of the certificate.</param>
internal sealed record IssuedCertificate(string Chain, string Key, string LockedKey, string Thumbprint)
{
    /// <summary>Returns the thumbprint, which hides the key.</summary>
    public override string ToString() => Thumbprint;
}
