namespace Axvault.Hosting;

/// <summary>The PostgreSQL of a vault.</summary>
internal static class VaultDatabase
{
    // The server reads its connection string by this name. The name of the resource does not matter.
    private const string ConnectionVariable = "ConnectionStrings__vaultdb";

    private const string UrlVariable = "AXVAULT_DATABASE_URL";
    private const string DatabaseName = "axvault";

    /// <summary>Adds a PostgreSQL in a container, with a data volume, for a vault that gets no other database.</summary>
    public static IResourceBuilder<AxvaultResource> AddOwn(IResourceBuilder<AxvaultResource> vault)
    {
        // POSTGRES_DB makes the database in a deployed graph.
        var server = vault
            .ApplicationBuilder.AddPostgres($"{vault.Resource.Name}-postgres")
            .WithDataVolume()
            .WithEnvironment("POSTGRES_DB", DatabaseName);
        var database = server.AddDatabase($"{vault.Resource.Name}-database", DatabaseName);
        Use(vault, database);
        vault.Resource.OwnDatabase = [server.Resource, database.Resource];
        return vault;
    }

    /// <summary>Gives the vault another database, which it waits for.</summary>
    public static void Use(IResourceBuilder<AxvaultResource> vault, IResourceBuilder<IResourceWithConnectionString> database)
    {
        RemoveOwn(vault);
        // A connection string in the configuration is a parameter.
        vault.Resource.IsDatabaseNamed = database.Resource is ParameterResource or ConnectionStringResource;
        // The connection string alone. A reference to a resource named axvault would set AXVAULT_HOST and AXVAULT_PORT.
        vault.Resource.Database = (ConnectionVariable, new ConnectionStringReference(database.Resource, optional: false));
        vault.WithReferenceRelationship(database).WaitFor(database);
    }

    /// <summary>Gives the vault a database by its URL.</summary>
    public static void Use(IResourceBuilder<AxvaultResource> vault, IResourceBuilder<ParameterResource> url)
    {
        RemoveOwn(vault);
        vault.Resource.IsDatabaseNamed = true;
        vault.Resource.Database = (UrlVariable, url.Resource);
    }

    private static void RemoveOwn(IResourceBuilder<AxvaultResource> vault)
    {
        var own = vault.Resource.OwnDatabase;
        var annotations = vault.Resource.Annotations;
        foreach (
            var annotation in annotations
                .Where(annotation =>
                    (annotation is WaitAnnotation wait && own.Contains(wait.Resource))
                    || (annotation is ResourceRelationshipAnnotation relationship && own.Contains(relationship.Resource))
                )
                .ToList()
        )
        {
            annotations.Remove(annotation);
        }

        foreach (var resource in own)
        {
            vault.ApplicationBuilder.Resources.Remove(resource);
        }

        vault.Resource.OwnDatabase = [];
    }
}
