using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Leaks;

namespace Axvault.Tests.Tls;

/// <summary>The folder of a server's certificate, replaced as the usual tools do.</summary>
internal sealed class TlsFolder : IDisposable
{
    private readonly TestFolder _folder = new();

    /// <summary>The path of the certificate.</summary>
    public string Certificate => Path.Combine(_folder.Path, "tls.crt");

    /// <summary>The path of its key.</summary>
    public string Key => Path.Combine(_folder.Path, "tls.key");

    /// <summary>The variables of a server with this certificate.</summary>
    public Dictionary<string, string> Variables => new() { ["AXVAULT_TLS_CERT_FILE"] = Certificate, ["AXVAULT_TLS_KEY_FILE"] = Key };

    /// <summary>Writes both files in place.</summary>
    public TlsFolder Write(IssuedCertificate issued) => Write(issued.Chain, issued.Key);

    /// <summary>Writes both files in place.</summary>
    public TlsFolder Write(string certificate, string key)
    {
        Remember(key);
        File.WriteAllText(Certificate, certificate);
        File.WriteAllText(Key, key);
        return this;
    }

    /// <summary>Moves new files over the old ones, one after the other, as certbot does.</summary>
    public void Move(IssuedCertificate issued)
    {
        Remember(issued.Key);
        File.WriteAllText(Certificate + ".new", issued.Chain);
        File.Move(Certificate + ".new", Certificate, overwrite: true);
        File.WriteAllText(Key + ".new", issued.Key);
        File.Move(Key + ".new", Key, overwrite: true);
    }

    /// <summary>Changes the link to the folder of both files, as Kubernetes does for certificates renewed by cert-manager.</summary>
    public void Turn(IssuedCertificate issued)
    {
        Remember(issued.Key);
        var version = Directory.CreateDirectory(Path.Combine(_folder.Path, $"..{Guid.NewGuid():n}"));
        File.WriteAllText(Path.Combine(version.FullName, "tls.crt"), issued.Chain);
        File.WriteAllText(Path.Combine(version.FullName, "tls.key"), issued.Key);
        var (data, next) = (Path.Combine(_folder.Path, "..data"), Path.Combine(_folder.Path, "..next"));
        Directory.CreateSymbolicLink(next, version.Name);
        if (Directory.Exists(data))
        {
            // Not atomic as with rename(2). For a moment there is no link, which must do no harm either.
            Directory.Delete(data);
            Directory.Move(next, data);
            return;
        }

        Directory.Move(next, data);
        File.CreateSymbolicLink(Certificate, "..data/tls.crt");
        File.CreateSymbolicLink(Key, "..data/tls.key");
    }

    public void Dispose() => _folder.Dispose();

    // Any line of the key in the emissions of a server is a leak.
    private static void Remember(string key)
    {
        foreach (var line in key.Split('\n').Where(static line => line.Length > 40 && !line.StartsWith('-')))
        {
            LeakWatch.Secrets.Add(line, SecretKind.Setting);
        }
    }
}
