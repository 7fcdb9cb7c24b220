using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Axvault.Hosting.Keys;

namespace Axvault.AppHost.EmbeddedPostgres;

/// <summary>The folder of a cluster: its data, its password and its port, which are the same after a restart.</summary>
/// <param name="Root">The path of the folder.</param>
internal sealed record ClusterFolder(string Root)
{
    /// <summary>The data folder of PostgreSQL.</summary>
    public string Data => Path.Combine(Root, "data");

    /// <summary>The file that a running PostgreSQL writes its process id to.</summary>
    public string PidFile => Path.Combine(Data, "postmaster.pid");

    /// <summary>The folder in which <c>initdb</c> works. It becomes <see cref="Data"/> at the end, so that <see cref="Data"/> is always complete.</summary>
    public string Staging => Path.Combine(Root, "data.new");

    private string PasswordFile => Path.Combine(Root, "password");

    private string PortFile => Path.Combine(Root, "port");

    /// <summary>Returns the folder of this user for the binaries and clusters of the graph.</summary>
    public static string StateFolder() =>
        UnprivilegedUser.IsNeeded
            // The user that runs PostgreSQL cannot read the home of root.
            ? "/var/lib/axvault"
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create), "axvault");

    /// <summary>Returns the folder for one clone. Two clones on a machine do not share their data.</summary>
    public static ClusterFolder OfCheckout(string appHostFolder)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(Path.GetFullPath(appHostFolder)));
        return new ClusterFolder(Path.Combine(StateFolder(), "clusters", Convert.ToHexStringLower(hash.AsSpan(0, 6))));
    }

    /// <summary>Locks the folder for this process, until the lock is disposed or the process ends in any way.</summary>
    /// <exception cref="EmbeddedPostgresException">Another process holds the lock.</exception>
    public IDisposable Lock()
    {
        Directory.CreateDirectory(Root);
        try
        {
            return new FileStream(Path.Combine(Root, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception)
        {
            throw new EmbeddedPostgresException($"Another process uses the embedded PostgreSQL in {Root}. Stop it first.", exception);
        }
    }

    /// <summary>Returns the password of the superuser. The first call makes its file, readable by its owner only.</summary>
    public string Password()
    {
        if (!File.Exists(PasswordFile))
        {
            PrivateFile.Write(PasswordFile, RandomNumberGenerator.GetHexString(48, lowercase: true));
        }

        return File.ReadAllText(PasswordFile);
    }

    /// <summary>Returns the port of the last start when it is free, otherwise another free port.</summary>
    public int ChoosePort()
    {
        var last =
            File.Exists(PortFile) && int.TryParse(File.ReadAllText(PortFile), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
        var port =
            IsFree(last, out var free) || IsFree(0, out free) ? free : throw new EmbeddedPostgresException("There is no free port on the loopback interface.");
        File.WriteAllText(PortFile, port.ToString(CultureInfo.InvariantCulture));
        return port;
    }

    private static bool IsFree(int port, out int free)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            free = ((IPEndPoint)listener.LocalEndpoint).Port;
            return true;
        }
        catch (SocketException)
        {
            free = 0;
            return false;
        }
    }
}
