using Axvault.Api.Configuration;

namespace Axvault.Api.Tls;

/// <summary>Why files make no certificate that can be served.</summary>
/// <param name="Setting">The setting that names the file.</param>
/// <param name="Reason">What is wrong, in a line that repeats nothing of them.</param>
internal sealed record TlsFault(Setting Setting, string Reason)
{
    /// <summary>Something is wrong with the certificate.</summary>
    public static TlsFault OfCertificate(string reason) => new(Setting.TlsCertificateFile, reason);

    /// <summary>Something is wrong with the key.</summary>
    public static TlsFault OfKey(string reason) => new(Setting.TlsKeyFile, reason);

    /// <summary>The line that says so.</summary>
    public override string ToString() => $"{Setting}: {Reason}";
}
