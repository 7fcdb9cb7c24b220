using Axvault.AppHost.EmbeddedPostgres;

namespace Axvault.AppHost.Dashboard;

/// <summary>
/// The API key of the dashboard's commands. It is kept beside the data that it opens and not with the user's secrets, for it is of use with
/// that database alone: each clone has its own, and who deletes the data deletes it too.
/// </summary>
/// <param name="file">The file that keeps it, readable by its owner alone; <see langword="null"/> to keep it in memory, until the AppHost ends.</param>
internal sealed class DashboardKey(string? file)
{
    private readonly Lock _lock = new();
    private string? _secret = file is not null && File.Exists(file) ? File.ReadAllText(file) : null;

    /// <summary>Whether the database is the AppHost's own, so that it may make keys in it. One that was only named to it is somebody's.</summary>
    public bool IsOfOwnDatabase => file is not null;

    /// <summary>The key for the vault in <paramref name="database"/>.</summary>
    public static DashboardKey For(IResource? database) => new(database switch
    {
        EmbeddedDatabaseResource { Parent: var server } => Path.Combine(server.Folder.Root, "dashboard-key"),
        PostgresDatabaseResource => Path.Combine(ClusterFolder.StateFolder(), "container", "dashboard-key"),
        _ => null,
    });

    /// <summary>The secret; <see langword="null"/> when none is known.</summary>
    public string? Reveal()
    {
        lock (_lock)
        {
            return _secret;
        }
    }

    /// <summary>Keeps <paramref name="secret"/> in the place of what was kept.</summary>
    public void Keep(string secret)
    {
        lock (_lock)
        {
            _secret = secret;
            if (file is not null)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(file)!);
                // One that is there would keep its mode.
                File.Delete(file);
                ClusterFolder.WritePrivate(file, secret);
            }
        }
    }

    /// <summary>Keeps nothing any more.</summary>
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
