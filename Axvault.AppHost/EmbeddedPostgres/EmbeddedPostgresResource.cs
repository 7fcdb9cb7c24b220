namespace Axvault.AppHost.EmbeddedPostgres;

/// <summary>A PostgreSQL server that the AppHost runs as a process, for a machine without a container runtime.</summary>
/// <param name="name">The resource's name.</param>
/// <param name="folder">The folder of its data.</param>
internal sealed class EmbeddedPostgresResource(string name, ClusterFolder folder)
    : Resource(name),
        IResourceWithConnectionString,
        IResourceWithEndpoints,
        IResourceWithWaitSupport
{
    /// <summary>The name of the server's endpoint.</summary>
    public const string EndpointName = "tcp";

    /// <summary>The folder of its data.</summary>
    public ClusterFolder Folder { get; } = folder;

    /// <summary>The endpoint of the server. Its address and port are known while the server runs.</summary>
    public EndpointReference Endpoint => new(this, EndpointName);

    /// <summary>The superuser's password, which the dashboard masks.</summary>
    public ParameterResource Password { get; } = new($"{name}-password", _ => folder.Password(), secret: true);

    /// <inheritdoc />
    public ReferenceExpression ConnectionStringExpression =>
        ReferenceExpression.Create(
            $"Host={Endpoint.Property(EndpointProperty.IPV4Host)};Port={Endpoint.Property(EndpointProperty.Port)};Username=postgres;Password={Password}"
        );
}
