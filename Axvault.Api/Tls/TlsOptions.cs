using Axvault.Api.Settings;

namespace Axvault.Api.Tls;

/// <summary>The settings of TLS.</summary>
/// <param name="Files">The files of the certificate and its key.</param>
/// <param name="Contents">The contents of the files when the settings were read.</param>
/// <param name="Certificate">The certificate in them.</param>
internal sealed record TlsOptions(TlsFiles Files, TlsFileContents Contents, ServerCertificate Certificate)
{
    public static readonly Setting CertificateFileSetting = new(
        "AXVAULT_TLS_CERT_FILE",
        "--tls-cert-file",
        null,
        "File with the server's certificate and its chain, in PEM. With it the port speaks HTTPS, and nothing else."
    );

    public static readonly Setting KeyFileSetting = new(
        "AXVAULT_TLS_KEY_FILE",
        "--tls-key-file",
        null,
        "File with the certificate's private key, in PEM. It may be the same file."
    );

    /// <summary>Reads the settings; <see langword="null"/> when the port speaks HTTP, or after a problem.</summary>
    public static TlsOptions? Read(SettingReader settings)
    {
        var (certificateFile, keyFile) = (settings.Value(CertificateFileSetting), settings.Value(KeyFileSetting));
        if (certificateFile is null || keyFile is null)
        {
            if (certificateFile != keyFile)
            {
                settings.Problem($"{CertificateFileSetting} and {KeyFileSetting}", "set both, or neither; they may name the same file");
            }

            return null;
        }

        var files = new TlsFiles(certificateFile, keyFile);
        if (
            files.TryRead(out var contents, out var faults)
            && ServerCertificate.TryRead(contents, TimeProvider.System.GetUtcNow(), out var certificate, out faults)
        )
        {
            return new TlsOptions(files, contents, certificate);
        }

        foreach (var fault in faults)
        {
            settings.Problem(fault.Setting, fault.Reason);
        }

        return null;
    }
}
