using Axvault.AppHost.EmbeddedPostgres;
using Microsoft.Extensions.DependencyInjection;

namespace Axvault.AppHost;

/// <summary>The database of the vault in the graph.</summary>
internal static class VaultDatabase
{
    private const string ServerName = "postgres";
    private const string DatabaseNameInPostgres = "axvault";

    /// <summary>The setting that names another folder for the data of the embedded server.</summary>
    private const string DataFolderSetting = "AXVAULT_APPHOST_DATA";

    /// <summary>Adds the server and the database of the chosen kind.</summary>
    /// <returns>The database, or <c>null</c> when a URL names it, which the API reads itself.</returns>
    public static async Task<IResourceBuilder<IResourceWithConnectionString>?> AddVaultDatabaseAsync(this IDistributedApplicationBuilder builder)
    {
        var publishing = builder.ExecutionContext.IsPublishMode;
        return await DatabaseChoice.DecideAsync(publishing, builder.Configuration, () =>
            ContainerRuntime.AnswersAsync(builder.Configuration, CancellationToken.None)
        ) switch
        {
            DatabaseKind.Container => builder.AddContainer(publishing),
            DatabaseKind.Embedded => builder.AddEmbeddedPostgres(ServerName, Folder(builder)).AddDatabase(DatabaseChoice.DatabaseName, DatabaseNameInPostgres),
            _ => string.IsNullOrEmpty(builder.Configuration[DatabaseChoice.UrlVariable]) ? builder.AddConnectionString(DatabaseChoice.DatabaseName) : null,
        };
    }

    /// <summary>Gives the API its database. The keys that the AppHost makes in a database of its own lie beside the data.</summary>
    public static IResourceBuilder<AxvaultResource> WithVaultDatabase(
        this IResourceBuilder<AxvaultResource> api,
        IResourceBuilder<IResourceWithConnectionString>? database
    )
    {
        if (database is null)
        {
            return api.WithDatabase(
                api.ApplicationBuilder.AddParameter("database-url", () => api.ApplicationBuilder.Configuration[DatabaseChoice.UrlVariable]!, secret: true)
            );
        }

        api.WithDatabase(database);
        return DatabaseFolder.Of(database.Resource) is { } folder ? api.WithKeyFolder(folder) : api;
    }

    private static IResourceBuilder<IResourceWithConnectionString> AddContainer(this IDistributedApplicationBuilder builder, bool publishing)
    {
        // The default name of the volume would depend on the path of the clone. POSTGRES_DB makes the database in a deployed graph.
        var server = builder.AddPostgres(ServerName).WithDataVolume("axvault-postgres").WithEnvironment("POSTGRES_DB", DatabaseNameInPostgres);
        if (!publishing)
        {
            builder.Services.AddHostedService(provider => ActivatorUtilities.CreateInstance<ContainerWatch>(provider, server.Resource));
        }

        return server.AddDatabase(DatabaseChoice.DatabaseName, DatabaseNameInPostgres);
    }

    private static ClusterFolder Folder(IDistributedApplicationBuilder builder) =>
        builder.Configuration[DataFolderSetting] is { Length: > 0 } folder
            ? new ClusterFolder(Path.GetFullPath(folder))
            : ClusterFolder.OfCheckout(builder.AppHostDirectory);
}
