using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Axvault.Api.Keys;
using Axvault.Hosting.Commands;
using Axvault.Tests.Harness;
using Axvault.Tests.Harness.Graph;

namespace Axvault.Tests.Hosting;

/// <summary>The resources that a vault adds to an AppHost.</summary>
public sealed class VaultModelTests
{
    [Fact]
    public void A_vault_is_a_container_with_a_PostgreSQL_of_its_own()
    {
        var builder = DistributedApplication.CreateBuilder([]);

        var vault = builder.AddAxvault("vault");

        Assert.Equal(["vault", "vault-database", "vault-postgres"], builder.Resources.Select(static resource => resource.Name).Order());
        var container = Assert.IsType<ContainerResource>(builder.Resources.Single(static resource => resource.Name == "vault"));
        var image = container.Annotations.OfType<ContainerImageAnnotation>().Single();
        Assert.Equal(("axvault", SourceTree.Version), (image.Image, image.Tag));
        Assert.Equal(3847, container.Annotations.OfType<EndpointAnnotation>().Single().TargetPort);
        Assert.Contains(container.Annotations.OfType<WaitAnnotation>(), static wait => wait.Resource.Name == "vault-database");
        Assert.Equal("vault-encryption-key", vault.Resource.EncryptionKey.Name);
        Assert.True(vault.Resource.EncryptionKey.Secret);
    }

    [Fact]
    public void A_vault_with_another_database_waits_for_that_one_only()
    {
        var builder = DistributedApplication.CreateBuilder([]);
        var database = builder.AddPostgres("postgres").AddDatabase("vaultdb");

        var vault = builder.AddAxvault("vault").WithDatabase(database);

        Assert.Equal(["postgres", "vault", "vaultdb"], builder.Resources.Select(static resource => resource.Name).Order());
        Assert.All(vault.Resource.Annotations.OfType<WaitAnnotation>(), static wait => Assert.Contains(wait.Resource.Name, (string[])["postgres", "vaultdb"]));
        Assert.Contains(vault.Resource.Annotations.OfType<WaitAnnotation>(), static wait => wait.Resource.Name == "vaultdb");
        Assert.NotNull(vault.Resource.Keys);
    }

    [Fact]
    public void A_vault_runs_as_a_program_with_the_arguments_before_serve()
    {
        var builder = DistributedApplication.CreateBuilder([]);

        builder.AddAxvault("vault", "dnx", "Axvault", "--yes", "--");

        var program = Assert.IsType<ExecutableResource>(builder.Resources.Single(static resource => resource.Name == "vault"));
        Assert.Equal("dnx", program.Command);
    }

    [Fact]
    public void The_container_of_a_program_is_not_set_up_in_development()
    {
        var builder = DistributedApplication.CreateBuilder([]);
        var configured = 0;

        builder.AddAxvault("container").WithContainer(_ => configured++);
        builder.AddAxvault("program", "axvault").WithContainer(_ => configured++);

        Assert.Equal(1, configured);
    }

    [Fact]
    public async Task A_container_gets_the_first_secret_in_a_file_that_only_its_user_reads()
    {
        using var folder = new TestFolder();
        var builder = DistributedApplication.CreateBuilder([]);
        var vault = builder.AddAxvault("vault").WithKeyFolder(folder.Path);
        await using var application = builder.Build();

        var copied = vault.Resource.Annotations.OfType<ContainerFileSystemCallbackAnnotation>().Single();
        var context = new ContainerFileSystemCallbackContext { Services = application.Services, Model = vault.Resource };
        var file = Assert.IsType<ContainerFile>(Assert.Single(await copied.Callback(context, TestContext.Current.CancellationToken)));

        Assert.Equal(("/run/axvault", "bootstrap-secret", 1654), (copied.DestinationPath, file.Name, copied.DefaultOwner));
        Assert.Equal(UnixFileMode.UserRead, file.Mode);
        Assert.True(ApiKeySecret.TryParse(file.Contents, out _));
        Assert.Equal(await File.ReadAllTextAsync(Path.Combine(folder.Path, "bootstrap-secret"), TestContext.Current.CancellationToken), file.Contents);
    }

    [Fact]
    public void The_chosen_port_parameter_and_image_are_used()
    {
        var builder = DistributedApplication.CreateBuilder([]);
        var key = builder.AddParameter("my-key", secret: true);

        var vault = builder
            .AddAxvault("vault")
            .WithHostPort(4000)
            .WithEncryptionKey(key)
            .WithContainer(static container => container.WithImage("registry.example.com/axvault", "9.9"));

        Assert.Equal(4000, vault.Resource.Annotations.OfType<EndpointAnnotation>().Single().Port);
        Assert.Same(key.Resource, vault.Resource.EncryptionKey);
        Assert.Equal("9.9", vault.Resource.Annotations.OfType<ContainerImageAnnotation>().Single().Tag);
    }

    [Fact]
    public void A_vault_has_its_probes_links_and_commands()
    {
        var builder = DistributedApplication.CreateBuilder([]);

        var annotations = builder.AddAxvault("vault").Resource.Annotations;

        Assert.Equal(["/alive", "/health"], annotations.OfType<EndpointProbeAnnotation>().Select(static probe => probe.Path).Order());
        Assert.Equal(2, annotations.OfType<HealthCheckAnnotation>().Count());
        Assert.NotEmpty(annotations.OfType<ResourceUrlsCallbackAnnotation>());
        Assert.Equal(
            [CreateKeyCommand.Name, ListCredentialsCommand.Name, RefreshCredentialCommand.Name, VerifyAuditCommand.Name],
            annotations.OfType<ResourceCommandAnnotation>().Select(static command => command.Name).Order()
        );
    }

    [Fact]
    public void No_key_is_made_unasked_in_a_database_that_is_only_named()
    {
        var builder = DistributedApplication.CreateBuilder([]);
        var named = builder.AddAxvault("named", "axvault").WithDatabase(builder.AddConnectionString("somebodys"));
        var url = builder.AddAxvault("url", "axvault").WithDatabase(builder.AddParameter("database-url", secret: true));
        var asked = builder.AddAxvault("asked", "axvault").WithDatabase(builder.AddConnectionString("mine")).WithKeyFolder("keys");

        Assert.Null(named.Resource.Keys);
        Assert.Null(url.Resource.Keys);
        Assert.Equal(Path.GetFullPath("keys"), asked.Resource.Keys);
    }

    [Fact]
    public void Two_clones_of_an_AppHost_and_two_vaults_share_no_keys()
    {
        using var clone = new TestFolder();
        var builder = DistributedApplication.CreateBuilder([]);
        var other = DistributedApplication.CreateBuilder(new DistributedApplicationOptions { ProjectDirectory = clone.Path });

        string?[] folders =
        [
            builder.AddAxvault("one").Resource.Keys,
            builder.AddAxvault("two").Resource.Keys,
            other.AddAxvault("one").Resource.Keys,
        ];

        Assert.Equal(3, folders.Distinct().Count());
    }

    [Fact]
    public void A_connection_has_the_endpoint_and_a_key_and_no_variable_of_the_server()
    {
        var builder = DistributedApplication.CreateBuilder([]);

        IResourceWithConnectionString vault = builder.AddAxvault("axvault").Resource;

        Assert.Equal("Endpoint={axvault.bindings.http.url};Key={axvault.value}", vault.ConnectionStringExpression.ValueExpression);
        Assert.Equal(["Uri", "Key"], vault.GetConnectionProperties().Select(static property => property.Key));
    }
}
