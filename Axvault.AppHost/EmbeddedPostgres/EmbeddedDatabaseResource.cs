namespace Axvault.AppHost.EmbeddedPostgres;

/// <summary>A database of an <see cref="EmbeddedPostgresResource"/>, which is made when the server is ready.</summary>
/// <param name="name">The name of the resource and of its connection string.</param>
/// <param name="databaseName">The name of the database in PostgreSQL.</param>
/// <param name="parent">The server.</param>
internal sealed class EmbeddedDatabaseResource(string name, string databaseName, EmbeddedPostgresResource parent)
    : Resource(name),
        IResourceWithParent<EmbeddedPostgresResource>,
        IResourceWithConnectionString,
        IResourceWithWaitSupport
{
    /// <summary>The name of the database in PostgreSQL.</summary>
    public string DatabaseName { get; } = databaseName;

    /// <inheritdoc />
    public EmbeddedPostgresResource Parent { get; } = parent;

    /// <inheritdoc />
    public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create($"{Parent};Database={DatabaseName}");
}
