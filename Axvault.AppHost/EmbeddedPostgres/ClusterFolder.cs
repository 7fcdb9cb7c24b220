using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Axvault.AppHost.EmbeddedPostgres;

/// <summary>Where a cluster lives: its data, its password and its port, which stay the same over restarts.</summary>
/// <param name="Root">The folder that holds them.</param>
internal sealed record ClusterFolder(string Root)
{
    /// <summary>The data folder of PostgreSQL.</summary>
    public string Data => Path.Combine(Root, "data");

    /// <summary>The file that a running PostgreSQL writes its process id to.</summary>
    public string PidFile => Path.Combine(Data, "postmaster.pid");

    /// <summary>Where <c>initdb</c> works; it becomes <see cref="Data"/> when it has finished, so that what is there is whole.</summary>
    public string Staging => Path.Combine(Root, "data.new");

    private string PasswordFile => Path.Combine(Root, "password");

    private string PortFile => Path.Combine(Root, "port");

    /// <summary>The folder of this user for what the graph keeps: binaries, and clusters.</summary>
    public static string StateFolder() => UnprivilegedUser.IsNeeded
        // Root's home is closed to the user that PostgreSQL runs as.
        ? "/var/lib/axvault"
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create), "axvault");

    /// <summary>The cluster of one checkout: two checkouts on a machine do not share their data.</summary>
    public static ClusterFolder OfCheckout(string appHostFolder)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(Path.GetFullPath(appHostFolder)));
        return new ClusterFolder(Path.Combine(StateFolder(), "clusters", Convert.ToHexStringLower(hash.AsSpan(0, 6))));
    }

    /// <summary>Takes the folder for this process, until the lock is disposed or the process ends, however it ends.</summary>
    /// <exception cref="EmbeddedPostgresException">Another process has it.</exception>
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

    /// <summary>The password of the cluster's superuser, made at the first call and readable by its owner alone.</summary>
    public string Password()
    {
        if (!File.Exists(PasswordFile))
        {
            WritePrivate(PasswordFile, RandomNumberGenerator.GetHexString(48, lowercase: true));
        }

        return File.ReadAllText(PasswordFile);
    }

    /// <summary>The port of the last start when it is free, else another free one.</summary>
    public int ChoosePort()
    {
        var last = File.Exists(PortFile) && int.TryParse(File.ReadAllText(PortFile), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
        var port = IsFree(last, out var free) || IsFree(0, out free) ? free : throw new EmbeddedPostgresException("There is no free port on the loopback interface.");
        File.WriteAllText(PortFile, port.ToString(CultureInfo.InvariantCulture));
        return port;
    }

    /// <summary>Writes a file that only its owner may read.</summary>
    public static void WritePrivate(string path, string text)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var writer = new StreamWriter(path, options);
        writer.Write(text);
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
