namespace Axvault.AppHost.EmbeddedPostgres;

/// <summary>A PostgreSQL server that the AppHost runs as a process of its own, where there is no container runtime.</summary>
/// <param name="name">The resource's name.</param>
/// <param name="folder">Where its data lives.</param>
internal sealed class EmbeddedPostgresResource(string name, ClusterFolder folder) : Resource(name), IResourceWithConnectionString, IResourceWithEndpoints, IResourceWithWaitSupport
{
    /// <summary>The name of the server's endpoint.</summary>
    public const string EndpointName = "tcp";

    /// <summary>Where its data lives.</summary>
    public ClusterFolder Folder { get; } = folder;

    /// <summary>The server's endpoint: its address and port, known when it runs.</summary>
    public EndpointReference Endpoint => new(this, EndpointName);

    /// <summary>The superuser's password, which the dashboard masks.</summary>
    public ParameterResource Password { get; } = new($"{name}-password", _ => folder.Password(), secret: true);

    /// <inheritdoc />
    public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create(
        $"Host={Endpoint.Property(EndpointProperty.IPV4Host)};Port={Endpoint.Property(EndpointProperty.Port)};Username=postgres;Password={Password}");
}
