using Axvault.AppHost.EmbeddedPostgres;

namespace Axvault.AppHost;

/// <summary>The folder in which the AppHost keeps the keys of its database.</summary>
internal static class DatabaseFolder
{
    /// <summary>Returns the folder for <paramref name="database"/>, or <c>null</c> when the database is not the AppHost's own.</summary>
    public static string? Of(IResource? database) =>
        database switch
        {
            EmbeddedDatabaseResource { Parent: var server } => server.Folder.Root,
            PostgresDatabaseResource => Path.Combine(ClusterFolder.StateFolder(), "container"),
            _ => null,
        };
}
