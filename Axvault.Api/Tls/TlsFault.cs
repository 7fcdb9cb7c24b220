using Axvault.Api.Settings;

namespace Axvault.Api.Tls;

/// <summary>The reason that the files hold no certificate that can be served.</summary>
/// <param name="Setting">The setting that names the file.</param>
/// <param name="Reason">One line that repeats nothing of the files.</param>
internal sealed record TlsFault(Setting Setting, string Reason)
{
    /// <summary>Returns a fault of the certificate.</summary>
    public static TlsFault OfCertificate(string reason) => new(TlsOptions.CertificateFileSetting, reason);

    /// <summary>Returns a fault of the key.</summary>
    public static TlsFault OfKey(string reason) => new(TlsOptions.KeyFileSetting, reason);

    /// <summary>Returns the line of the fault.</summary>
    public override string ToString() => $"{Setting}: {Reason}";
}
