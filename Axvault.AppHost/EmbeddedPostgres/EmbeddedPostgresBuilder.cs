using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Axvault.AppHost.EmbeddedPostgres;

/// <summary>The embedded counterparts of <c>AddPostgres</c> and <c>AddDatabase</c>.</summary>
internal static class EmbeddedPostgresBuilder
{
    /// <summary>Adds a server with its data in <paramref name="folder"/>.</summary>
    public static IResourceBuilder<EmbeddedPostgresResource> AddEmbeddedPostgres(this IDistributedApplicationBuilder builder, string name, ClusterFolder folder)
    {
        var resource = new EmbeddedPostgresResource(name, folder);
        builder.Services.AddSingleton<EmbeddedPostgresLifetime>();
        builder.Services.AddHostedService(static provider => provider.GetRequiredService<EmbeddedPostgresLifetime>());
        return builder
            .AddResource(resource)
            .WithEndpoint(name: EmbeddedPostgresResource.EndpointName, scheme: "tcp", isProxied: false)
            .WithIconName("Database")
            .WithInitialState(
                new CustomResourceSnapshot
                {
                    ResourceType = "PostgreSQL (embedded)",
                    CreationTimeStamp = DateTime.UtcNow,
                    State = KnownResourceStates.NotStarted,
                    Properties = [new(CustomResourceKnownProperties.Source, "@embedded-postgres"), new("Data folder", folder.Data)],
                }
            )
            .WithConnectionCheck(resource)
            .OnInitializeResource(
                static (server, started, cancellationToken) =>
                    started.Services.GetRequiredService<EmbeddedPostgresLifetime>().StartAsync(server, started, cancellationToken)
            );
    }

    /// <summary>Adds a database, which is made when the server is ready.</summary>
    public static IResourceBuilder<EmbeddedDatabaseResource> AddDatabase(
        this IResourceBuilder<EmbeddedPostgresResource> server,
        string name,
        string databaseName
    )
    {
        var resource = new EmbeddedDatabaseResource(name, databaseName, server.Resource);
        var database = server
            .ApplicationBuilder.AddResource(resource)
            .WithIconName("DatabaseMultiple")
            .WithInitialState(
                new CustomResourceSnapshot
                {
                    ResourceType = "PostgreSQL database",
                    CreationTimeStamp = DateTime.UtcNow,
                    State = KnownResourceStates.Waiting,
                    Properties = [new(CustomResourceKnownProperties.Source, databaseName)],
                }
            )
            .WithConnectionCheck(resource);
        server.OnResourceReady(
            (parent, ready, cancellationToken) =>
                ready.Services.GetRequiredService<EmbeddedPostgresLifetime>().CreateDatabaseAsync(parent, resource, ready.Services, cancellationToken)
        );
        return database;
    }

    // A running process or an open port does not prove health, so the check opens a connection.
    private static IResourceBuilder<T> WithConnectionCheck<T>(this IResourceBuilder<T> builder, T resource)
        where T : IResourceWithConnectionString
    {
        var check = $"{resource.Name}-connection";
        builder
            .ApplicationBuilder.Services.AddHealthChecks()
            .Add(new HealthCheckRegistration(check, _ => new ConnectionCheck(resource), HealthStatus.Unhealthy, tags: null, timeout: TimeSpan.FromSeconds(5)));
        return builder.WithHealthCheck(check);
    }

    private sealed class ConnectionCheck(IResourceWithConnectionString resource) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            try
            {
                await using var connection = new NpgsqlConnection(await resource.GetConnectionStringAsync(cancellationToken) + ";Pooling=false");
                await connection.OpenAsync(cancellationToken);
                return HealthCheckResult.Healthy();
            }
            catch (NpgsqlException exception)
            {
                return HealthCheckResult.Unhealthy(exception.Message);
            }
        }
    }
}
