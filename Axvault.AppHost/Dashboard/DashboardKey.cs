using Axvault.AppHost.EmbeddedPostgres;

namespace Axvault.AppHost.Dashboard;

/// <summary>The API key of the dashboard's commands.</summary>
/// <remarks>The key works with one database only, so it is kept beside the data and is deleted together with it.</remarks>
/// <param name="file">The file that keeps the key, readable by its owner only; <c>null</c> to keep it in memory until the AppHost ends.</param>
internal sealed class DashboardKey(string? file)
{
    private readonly Lock _lock = new();
    private string? _secret = file is not null && File.Exists(file) ? File.ReadAllText(file) : null;

    /// <summary><c>true</c> when the AppHost runs the database and may make keys in it; <c>false</c> when the database was only named to it.</summary>
    public bool IsOfOwnDatabase => file is not null;

    /// <summary>Returns the key for the vault in <paramref name="database"/>.</summary>
    public static DashboardKey For(IResource? database) => new(DatabaseFolder.Of(database) is { } folder ? Path.Combine(folder, "dashboard-key") : null);

    /// <summary>Returns the secret, or <c>null</c> when none is known.</summary>
    public string? Reveal()
    {
        lock (_lock)
        {
            return _secret;
        }
    }

    /// <summary>Replaces the kept secret by <paramref name="secret"/>.</summary>
    public void Keep(string secret)
    {
        lock (_lock)
        {
            _secret = secret;
            if (file is not null)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(file)!);
                // An existing file would keep its mode.
                File.Delete(file);
                ClusterFolder.WritePrivate(file, secret);
            }
        }
    }

    /// <summary>Deletes the kept secret.</summary>
    public void Forget()
    {
        lock (_lock)
        {
            _secret = null;
            if (File.Exists(file))
            {
                File.Delete(file);
            }
        }
    }

    /// <inheritdoc />
    public override string ToString() => "axv_sk_…";
}
