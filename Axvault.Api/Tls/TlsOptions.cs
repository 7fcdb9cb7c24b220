namespace Axvault.Api.Tls;

/// <summary>How the port is secured.</summary>
/// <param name="Files">The files of the certificate and its key.</param>
/// <param name="Contents">What was in them when the settings were read.</param>
/// <param name="Certificate">The certificate that this made.</param>
internal sealed record TlsOptions(TlsFiles Files, TlsFileContents Contents, ServerCertificate Certificate);
