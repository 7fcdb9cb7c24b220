using Axvault.Tests.Graph;
using Axvault.Tests.Leaks;

namespace Axvault.Tests.Tls;

/// <summary>The folder that a server takes its certificate from, replaced as the usual tools do.</summary>
internal sealed class TlsFolder : IDisposable
{
    private readonly TestFolder _folder = new();

    /// <summary>The file of the certificate.</summary>
    public string Certificate => Path.Combine(_folder.Path, "tls.crt");

    /// <summary>The file of its key.</summary>
    public string Key => Path.Combine(_folder.Path, "tls.key");

    /// <summary>The variables of a server that speaks HTTPS by them.</summary>
    public Dictionary<string, string> Variables => new() { ["AXVAULT_TLS_CERT_FILE"] = Certificate, ["AXVAULT_TLS_KEY_FILE"] = Key };

    /// <summary>Writes both files where they are.</summary>
    public TlsFolder Write(IssuedCertificate issued) => Write(issued.Chain, issued.Key);

    /// <summary>Writes both files where they are.</summary>
    public TlsFolder Write(string certificate, string key)
    {
        Remember(key);
        File.WriteAllText(Certificate, certificate);
        File.WriteAllText(Key, key);
        return this;
    }

    /// <summary>Puts new files over the old ones, one after the other, as certbot does.</summary>
    public void Move(IssuedCertificate issued)
    {
        Remember(issued.Key);
        File.WriteAllText(Certificate + ".new", issued.Chain);
        File.Move(Certificate + ".new", Certificate, overwrite: true);
        File.WriteAllText(Key + ".new", issued.Key);
        File.Move(Key + ".new", Key, overwrite: true);
    }

    /// <summary>Turns the link to the folder that both are in, as Kubernetes does with what cert-manager renewed.</summary>
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
            // Not in one step, as rename(2) would: in between there is none, which must do no harm either.
            Directory.Delete(data);
            Directory.Move(next, data);
            return;
        }

        Directory.Move(next, data);
        File.CreateSymbolicLink(Certificate, "..data/tls.crt");
        File.CreateSymbolicLink(Key, "..data/tls.key");
    }

    public void Dispose() => _folder.Dispose();

    // A line of the key in anything that a server emits is a leak.
    private static void Remember(string key)
    {
        foreach (var line in key.Split('\n').Where(static line => line.Length > 40 && !line.StartsWith('-')))
        {
            LeakWatch.Secrets.Add(line, SecretKind.Setting);
        }
    }
}
