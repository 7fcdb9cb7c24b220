using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Axvault.Api.Settings;

namespace Axvault.Api.Federation;

/// <summary>The settings of workload identity.</summary>
internal sealed record FederationOptions
{
    public static readonly Setting PrivateHostsSetting = new(
        "AXVAULT_ISSUER_PRIVATE_HOSTS",
        "--issuer-private-hosts",
        null,
        "Comma-separated hosts of issuers that may have private addresses, and need no TLS on loopback."
    );

    public static readonly Setting CaFileSetting = new(
        "AXVAULT_ISSUER_CA_FILE",
        "--issuer-ca-file",
        null,
        "File with certificates (PEM) of authorities that issuers may have, beside those of the operating system."
    );

    private const int MaxFileBytes = 1024 * 1024;

    /// <summary>The hosts of issuers that may have private addresses.</summary>
    public required IReadOnlySet<string> PrivateHosts { get; init; }

    /// <summary>The certificates of further authorities.</summary>
    public required X509Certificate2Collection Authorities { get; init; }

    /// <summary>Reads the settings.</summary>
    public static FederationOptions Read(SettingReader settings) =>
        new() { PrivateHosts = ReadHosts(settings), Authorities = ReadAuthorities(settings) };

    private static HashSet<string> ReadHosts(SettingReader settings)
    {
        var hosts = (settings.Value(PrivateHostsSetting) ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (hosts.Any(static host => Uri.CheckHostName(host.Trim('[', ']')) == UriHostNameType.Unknown))
        {
            settings.Problem(PrivateHostsSetting, "expected names or addresses of hosts, without ports, such as issuer.internal,10.1.2.3");
        }

        return hosts.Select(static host => host.Trim('[', ']')).ToHashSet(StringComparer.OrdinalIgnoreCase);
    }

    private static X509Certificate2Collection ReadAuthorities(SettingReader settings)
    {
        var authorities = new X509Certificate2Collection();
        if (settings.Value(CaFileSetting) is not { } path)
        {
            return authorities;
        }

        try
        {
            if (BoundedFile.Read(path, MaxFileBytes) is { } bytes)
            {
                authorities.ImportFromPem(Encoding.ASCII.GetString(bytes));
            }
        }
        catch (Exception exception) when (exception is CryptographicException || BoundedFile.IsUnreadable(exception))
        {
            // Told below, like a file without a certificate.
        }

        if (authorities.Count == 0)
        {
            settings.Problem(CaFileSetting, "expected a readable file with certificates in PEM");
        }

        return authorities;
    }
}
