using Axvault.Hosting;
using Axvault.Hosting.References;

namespace Aspire.Hosting;

/// <summary>Adds Axvault to an AppHost, and sets it up.</summary>
/// <example><code>var vault = builder.AddAxvault("vault");</code></example>
public static class AxvaultBuilderExtensions
{
    /// <summary>Adds a vault in a container, with a PostgreSQL of its own.</summary>
    /// <remarks>
    /// The image is <c>axvault</c>, with the version of this package as its tag. <see cref="WithContainer"/> names another one.
    /// </remarks>
    /// <param name="builder">The AppHost.</param>
    /// <param name="name">The name of the resource, such as <c>vault</c>.</param>
    /// <returns>The vault.</returns>
    /// <example>
    /// <code>
    /// var vault = builder.AddAxvault("vault");
    /// builder.AddProject&lt;Projects.Web&gt;("web").WithReference(vault);
    /// </code>
    /// </example>
    public static IResourceBuilder<AxvaultResource> AddAxvault(this IDistributedApplicationBuilder builder, [ResourceName] string name) =>
        VaultServer.AddContainer(builder, name);

    /// <summary>Adds a vault that runs as a process, for a machine without a container runtime. It is published as a container.</summary>
    /// <param name="builder">The AppHost.</param>
    /// <param name="name">The name of the resource, such as <c>vault</c>.</param>
    /// <param name="command">The program: a path, or a name on the <c>PATH</c> such as <c>axvault</c>, the command of the .NET tool <c>Axvault</c>.</param>
    /// <param name="arguments">The arguments before <c>serve</c>, for a program that starts the server.</param>
    /// <returns>The vault.</returns>
    /// <example>
    /// <code>
    /// var vault = builder.AddAxvault("vault", "axvault");
    /// var other = builder.AddAxvault("other", "dnx", "Axvault", "--yes", "--");
    /// </code>
    /// </example>
    public static IResourceBuilder<AxvaultResource> AddAxvault(
        this IDistributedApplicationBuilder builder,
        [ResourceName] string name,
        string command,
        params string[] arguments
    ) =>
        builder.ExecutionContext.IsPublishMode
            ? VaultServer.AddContainer(builder, name)
            : VaultServer.AddProcess(builder.AddExecutable(name, command, builder.AppHostDirectory, arguments).WithOtlpExporter());

    /// <summary>Adds a vault that runs from the project of the server. It is published as a container.</summary>
    /// <typeparam name="TProject">The project, such as <c>Projects.Axvault_Api</c>.</typeparam>
    /// <param name="builder">The AppHost.</param>
    /// <param name="name">The name of the resource, such as <c>vault</c>.</param>
    /// <returns>The vault.</returns>
    /// <example>
    /// <code>
    /// var vault = builder.AddAxvault&lt;Projects.Axvault_Api&gt;("vault");
    /// </code>
    /// </example>
    public static IResourceBuilder<AxvaultResource> AddAxvault<TProject>(this IDistributedApplicationBuilder builder, [ResourceName] string name)
        where TProject : IProjectMetadata, new() =>
        builder.ExecutionContext.IsPublishMode
            ? VaultServer.AddContainer(builder, name)
            : VaultServer.AddProcess(builder.AddProject<TProject>(name, launchProfileName: null).DisableForwardedHeaders());

    /// <summary>Sets the container up: its image, its lifetime, its volumes.</summary>
    /// <remarks>A vault that runs as a process has its container only when it is published.</remarks>
    /// <param name="vault">The vault.</param>
    /// <param name="configure">The changes of the container.</param>
    /// <returns>The vault.</returns>
    /// <example>
    /// <code>
    /// vault.WithContainer(container => container.WithImage("registry.example.com/axvault", "0.2.0"));
    /// </code>
    /// </example>
    public static IResourceBuilder<AxvaultResource> WithContainer(
        this IResourceBuilder<AxvaultResource> vault,
        Action<IResourceBuilder<ContainerResource>> configure
    )
    {
        if (vault.Resource.Container is { } container)
        {
            configure(vault.ApplicationBuilder.CreateResourceBuilder(container));
        }

        return vault;
    }

    /// <summary>Sets the port of the API on this machine. Without it the port is a free one.</summary>
    /// <param name="vault">The vault.</param>
    /// <param name="port">The port, from 1 to 65535.</param>
    /// <returns>The vault.</returns>
    /// <example>
    /// <code>
    /// vault.WithHostPort(3847);
    /// </code>
    /// </example>
    public static IResourceBuilder<AxvaultResource> WithHostPort(this IResourceBuilder<AxvaultResource> vault, int port) =>
        vault.WithEndpoint(AxvaultResource.EndpointName, endpoint => endpoint.Port = port);

    /// <summary>Uses <paramref name="database"/> in place of a PostgreSQL of the vault's own.</summary>
    /// <remarks>
    /// Any resource with the connection string of a PostgreSQL will do. In one that is only named (<c>AddConnectionString</c>) the AppHost makes no key
    /// unasked: see <see cref="WithKeyFolder"/>.
    /// </remarks>
    /// <param name="vault">The vault.</param>
    /// <param name="database">The database.</param>
    /// <returns>The vault.</returns>
    /// <example>
    /// <code>
    /// var database = builder.AddPostgres("postgres").AddDatabase("vaultdb");
    /// builder.AddAxvault("vault").WithDatabase(database);
    /// </code>
    /// </example>
    public static IResourceBuilder<AxvaultResource> WithDatabase(
        this IResourceBuilder<AxvaultResource> vault,
        IResourceBuilder<IResourceWithConnectionString> database
    )
    {
        VaultDatabase.Use(vault, database);
        return vault;
    }

    /// <summary>Uses the database of a URL in place of a PostgreSQL of the vault's own.</summary>
    /// <param name="vault">The vault.</param>
    /// <param name="url">The URL, such as <c>postgresql://user:password@host/database</c>.</param>
    /// <returns>The vault.</returns>
    /// <example>
    /// <code>
    /// vault.WithDatabase(builder.AddParameter("database-url", secret: true));
    /// </code>
    /// </example>
    public static IResourceBuilder<AxvaultResource> WithDatabase(this IResourceBuilder<AxvaultResource> vault, IResourceBuilder<ParameterResource> url)
    {
        VaultDatabase.Use(vault, url);
        return vault;
    }

    /// <summary>Sets the encryption key of the vault, which protects all credentials in the database.</summary>
    /// <remarks>
    /// Without it the key is the parameter <c>{name}-encryption-key</c>. In development that is made once and kept in the user's secrets, so the
    /// project of the AppHost needs a <c>UserSecretsId</c>. A published graph has no default.
    /// </remarks>
    /// <param name="vault">The vault.</param>
    /// <param name="key">The key, at least 32 characters of random text.</param>
    /// <returns>The vault.</returns>
    /// <example>
    /// <code>
    /// vault.WithEncryptionKey(builder.AddParameter("encryption-key", secret: true));
    /// </code>
    /// </example>
    public static IResourceBuilder<AxvaultResource> WithEncryptionKey(this IResourceBuilder<AxvaultResource> vault, IResourceBuilder<ParameterResource> key)
    {
        vault.Resource.EncryptionKey = key.Resource;
        return vault;
    }

    /// <summary>Keeps the secrets of the AppHost's API keys in <paramref name="folder"/>, in files that only their owner can read.</summary>
    /// <remarks>
    /// Without it they are in the user's local application data. A database that is only named to the AppHost may be anyone's. Therefore no first
    /// key is made in it, and the keys of projects are kept in memory, unless a folder is given.
    /// </remarks>
    /// <param name="vault">The vault.</param>
    /// <param name="folder">The folder, which is made when it is missing. Keep it out of version control.</param>
    /// <returns>The vault.</returns>
    /// <example>
    /// <code>
    /// vault.WithKeyFolder("/var/lib/my-apphost/keys");
    /// </code>
    /// </example>
    public static IResourceBuilder<AxvaultResource> WithKeyFolder(this IResourceBuilder<AxvaultResource> vault, string folder)
    {
        vault.Resource.ChosenKeyFolder = Path.GetFullPath(folder);
        return vault;
    }

    /// <summary>Stores a credential when the vault has none of that name. It never replaces one: a newer token may be in the vault.</summary>
    /// <remarks>A published graph stores nothing.</remarks>
    /// <param name="vault">The vault.</param>
    /// <param name="credential">The name of the credential, such as <c>claude.prod</c>.</param>
    /// <param name="value">The secret: a token, an API key, or the JSON of an agent's file.</param>
    /// <param name="type">The type. By default JSON is <see cref="AxvaultCredentialType.OAuthCredentials"/>, and anything else an access token.</param>
    /// <param name="agent">The agent, such as <c>claude</c>.</param>
    /// <param name="provider">The provider, such as <c>anthropic</c>.</param>
    /// <returns>The vault.</returns>
    /// <example>
    /// <code>
    /// vault.WithCredential("claude.prod", builder.AddParameter("claude-login", secret: true), agent: "claude");
    /// </code>
    /// </example>
    public static IResourceBuilder<AxvaultResource> WithCredential(
        this IResourceBuilder<AxvaultResource> vault,
        string credential,
        IResourceBuilder<ParameterResource> value,
        AxvaultCredentialType? type = null,
        string? agent = null,
        string? provider = null
    )
    {
        vault.Resource.Credentials.Add(new SeededCredential(credential, value.Resource, type, agent, provider));
        return vault;
    }
}
