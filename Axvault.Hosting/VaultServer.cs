using System.Reflection;
using Axvault.Hosting.Commands;
using Axvault.Hosting.Http;
using Axvault.Hosting.Keys;
using Microsoft.Extensions.DependencyInjection;

namespace Axvault.Hosting;

/// <summary>The part of a vault that is the same for a container, a program and a project.</summary>
internal static class VaultServer
{
    /// <summary>The image of the server. Its tag is the version of this package.</summary>
    public const string Image = "axvault";

    /// <summary>The port of the server in a container.</summary>
    public const int ContainerPort = 3847;

    private const string SecretFolder = "/run/axvault";
    private const string SecretName = "bootstrap-secret";

    // The user of the image.
    private const int ContainerUser = 1654;

    /// <summary>Adds a vault in a container.</summary>
    public static IResourceBuilder<AxvaultResource> AddContainer(IDistributedApplicationBuilder builder, string name)
    {
        var container = builder
            .AddContainer(name, Image, Version())
            .WithHttpEndpoint(targetPort: ContainerPort, env: "AXVAULT_PORT", name: AxvaultResource.EndpointName)
            .WithEnvironment("AXVAULT_HOST", "0.0.0.0")
            .WithOtlpExporter();
        var vault = Complete(container.WithArgs("serve"));
        if (builder.ExecutionContext.IsRunMode)
        {
            container
                .WithEnvironment(context =>
                {
                    if (vault.Resource.Keys is not null)
                    {
                        context.EnvironmentVariables[BootstrapSecret.Variable] = $"{SecretFolder}/{SecretName}";
                    }
                })
                .WithContainerFiles(SecretFolder, (_, _) => Task.FromResult(FilesOf(vault.Resource)), defaultOwner: ContainerUser);
        }

        return vault;
    }

    /// <summary>Adds a vault in a process.</summary>
    public static IResourceBuilder<AxvaultResource> AddProcess<T>(IResourceBuilder<T> process)
        where T : IResourceWithEnvironment, IResourceWithArgs, IResourceWithEndpoints, IResourceWithWaitSupport, IResourceWithProbes
    {
        process
            .WithHttpEndpoint(env: "AXVAULT_PORT", name: AxvaultResource.EndpointName)
            .WithEnvironment("AXVAULT_HOST", "127.0.0.1");
        var vault = Complete(process.WithArgs("serve"));
        process.WithEnvironment(context =>
        {
            if (vault.Resource.Services.GetRequiredKeyedService<BootstrapSecret>(vault.Resource.Name).MakeFile() is { } file)
            {
                context.EnvironmentVariables[BootstrapSecret.Variable] = file;
            }
        });
        return vault;
    }

    private static IResourceBuilder<AxvaultResource> Complete<T>(IResourceBuilder<T> server)
        where T : IResourceWithEnvironment, IResourceWithArgs, IResourceWithEndpoints, IResourceWithWaitSupport, IResourceWithProbes
    {
        var builder = server.ApplicationBuilder;
        var vault = new AxvaultResource(server.Resource, builder) { EncryptionKey = CreateEncryptionKey(builder, $"{server.Resource.Name}-encryption-key") };
        server
            .WithIconName("KeyMultiple")
            // The server speaks only HTTP. Without this the dashboard warns of a missing development certificate.
            .WithoutHttpsCertificate()
            // Where IPv6 comes first, localhost would be another address.
            .WithEndpoint(AxvaultResource.EndpointName, static endpoint => endpoint.TargetHost = "127.0.0.1")
            .WithHttpProbe(ProbeType.Liveness, "/alive", periodSeconds: 10, timeoutSeconds: 5)
            .WithHttpProbe(ProbeType.Readiness, "/health", periodSeconds: 5, timeoutSeconds: 10)
            .WithEnvironment(context =>
            {
                context.EnvironmentVariables[vault.Database.Variable] = vault.Database.Value;
                context.EnvironmentVariables["AXVAULT_ENCRYPTION_KEY"] = vault.EncryptionKey;
            });
        AddUrls(server);
        if (builder.ExecutionContext.IsRunMode)
        {
            AddServices(builder.Services, vault);
            VaultCommands.AddTo(server);
            server.OnResourceReady((_, ready, cancellationToken) => VaultStart.RunAsync(vault, ready.Services, cancellationToken));
        }

        return VaultDatabase.AddOwn(builder.CreateResourceBuilder(vault));
    }

    private static void AddUrls<T>(IResourceBuilder<T> server)
        where T : IResourceWithEndpoints =>
        server
            .WithUrlForEndpoint(
                AxvaultResource.EndpointName,
                static url =>
                {
                    url.DisplayText = $"{url.Url} (health)";
                    url.Url += "/api/v1/health";
                }
            )
            .WithUrlForEndpoint(AxvaultResource.EndpointName, static _ => new() { Url = "/console", DisplayText = "Console" })
            .WithUrlForEndpoint(AxvaultResource.EndpointName, static _ => new() { Url = "/docs", DisplayText = "API reference" })
            .WithUrlForEndpoint(
                AxvaultResource.EndpointName,
                static _ => new()
                {
                    Url = "/openapi/v1.json",
                    DisplayText = "OpenAPI document",
                    DisplayLocation = UrlDisplayLocation.DetailsOnly,
                }
            );

    private static void AddServices(IServiceCollection services, AxvaultResource vault) =>
        services
            .AddKeyedSingleton(vault.Name, (_, _) => new BootstrapSecret(vault.Keys))
            .AddKeyedSingleton(vault.Name, (_, _) => new KeptKey(vault.Keys is { } folder ? Path.Combine(folder, "dashboard-key") : null))
            .AddKeyedSingleton(vault.Name, (provider, _) => ActivatorUtilities.CreateInstance<VaultApi>(provider, vault.Server))
            .AddKeyedSingleton(
                vault.Name,
                (provider, _) =>
                    ActivatorUtilities.CreateInstance<VaultSession>(
                        provider,
                        provider.GetRequiredKeyedService<KeptKey>(vault.Name),
                        provider.GetRequiredKeyedService<BootstrapSecret>(vault.Name),
                        provider.GetRequiredKeyedService<VaultApi>(vault.Name)
                    )
            )
            .AddKeyedSingleton(vault.Name, (provider, _) => new ReaderKeys(vault.Keys, provider.GetRequiredKeyedService<VaultSession>(vault.Name)));

    // In development the key is made once and kept in the user's secrets. A published graph has no default, so the operator must give the key.
    private static ParameterResource CreateEncryptionKey(IDistributedApplicationBuilder builder, string name) =>
        builder.ExecutionContext.IsPublishMode
            ? ParameterResourceBuilderExtensions.CreateParameter(builder, name, secret: true)
            : ParameterResourceBuilderExtensions.CreateGeneratedParameter(
                builder,
                name,
                secret: true,
                // 48 letters and digits: 285 random bits.
                new GenerateParameterDefault { MinLength = 48, Special = false }
            );

    private static IEnumerable<ContainerFileSystemItem> FilesOf(AxvaultResource vault)
    {
        var secret = vault.Services.GetRequiredKeyedService<BootstrapSecret>(vault.Name);
        return secret.MakeFile() is null ? [] : [new ContainerFile { Name = SecretName, Contents = secret.Reveal(), Mode = UnixFileMode.UserRead }];
    }

    private static string Version() => typeof(VaultServer).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
}
