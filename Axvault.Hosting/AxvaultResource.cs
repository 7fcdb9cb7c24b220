using Axvault.Hosting.Keys;
using Axvault.Hosting.References;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>An Axvault server, which runs as a container, a program or a project.</summary>
/// <remarks>
/// The resource in the model is the container, executable or project of the same name, because the orchestrator tells these kinds by their class.
/// This resource shares its annotations. Use <c>vault</c> and the like as its name: the server's own variables begin with <c>AXVAULT_</c>.
/// </remarks>
/// <example>
/// <code>
/// IResourceBuilder&lt;AxvaultResource&gt; vault = builder.AddAxvault("vault");
/// </code>
/// </example>
public sealed class AxvaultResource : Resource, IResourceWithConnectionString, IResourceWithEnvironment, IResourceWithEndpoints, IResourceWithWaitSupport
{
    internal const string EndpointName = "http";

    private readonly DistributedApplicationExecutionContext _context;
    private readonly ReferenceExpression _key;
    private readonly string _defaultKeyFolder;

    internal AxvaultResource(IResourceWithEndpoints server, IDistributedApplicationBuilder builder)
        : base(server.Name)
    {
        Server = server;
        _context = builder.ExecutionContext;
        _defaultKeyFolder = KeyFolder.Of(builder.AppHostDirectory, Name);
        _key = KeyFor(builder, Name, () => SeededNames);
    }

    /// <inheritdoc />
    public override ResourceAnnotationCollection Annotations => Server.Annotations;

    /// <summary>The endpoint of the API.</summary>
    /// <example>
    /// <code>
    /// proxy.WithEnvironment("UPSTREAM", vault.Resource.PrimaryEndpoint);
    /// </code>
    /// </example>
    public EndpointReference PrimaryEndpoint => new(Server, EndpointName);

    /// <summary>The address of the API, such as <c>http://127.0.0.1:3847</c>.</summary>
    /// <example>
    /// <code>
    /// agent.WithEnvironment("AXVAULT_URL", vault.Resource.UriExpression);
    /// </code>
    /// </example>
    public ReferenceExpression UriExpression => ReferenceExpression.Create($"{PrimaryEndpoint.Property(EndpointProperty.Url)}");

    /// <summary>The connection string <c>Endpoint=…;Key=…</c>. Its key reads the credentials of <c>WithCredential</c> and nothing else.</summary>
    /// <example>
    /// <code>
    /// script.WithEnvironment("VAULT", vault.Resource.ConnectionStringExpression);
    /// </code>
    /// </example>
    public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create($"Endpoint={UriExpression};Key={_key}");

    /// <summary>The encryption key of the vault.</summary>
    /// <example>
    /// <code>
    /// Console.WriteLine(vault.Resource.EncryptionKey.Name);
    /// </code>
    /// </example>
    public ParameterResource EncryptionKey { get; internal set; } = null!;

    /// <summary>The container, executable or project in the model.</summary>
    internal IResourceWithEndpoints Server { get; }

    /// <summary>The container of the server; <c>null</c> when the server is a program or a project.</summary>
    internal ContainerResource? Container => Server as ContainerResource;

    /// <summary>The variable that names the database to the server, with its value.</summary>
    internal (string Variable, object Value) Database { get; set; }

    /// <summary>The resources of the database that came with the vault; none when another database is used.</summary>
    internal IReadOnlyList<IResource> OwnDatabase { get; set; } = [];

    /// <summary><c>true</c> when the database is only named to the AppHost; <c>false</c> when the AppHost runs it.</summary>
    internal bool IsDatabaseNamed { get; set; }

    /// <summary>The folder of the keys that was chosen; <c>null</c> for the usual one.</summary>
    internal string? ChosenKeyFolder { get; set; }

    /// <summary>The folder that keeps the keys of the AppHost; <c>null</c> when nothing may be made in the database without being asked for.</summary>
    internal string? Keys => ChosenKeyFolder ?? (IsDatabaseNamed ? null : _defaultKeyFolder);

    /// <summary>The credentials to store when they are not there.</summary>
    internal List<SeededCredential> Credentials { get; } = [];

    /// <summary>The names of these credentials.</summary>
    internal string[] SeededNames => [.. Credentials.Select(static credential => credential.Name)];

    /// <summary>The services of the running AppHost.</summary>
    internal IServiceProvider Services => _context.Services;

    /// <inheritdoc />
    /// <remarks>No <c>Host</c> and <c>Port</c>: as <c>AXVAULT_HOST</c> and <c>AXVAULT_PORT</c> a server would take them for its own settings.</remarks>
    IEnumerable<KeyValuePair<string, ReferenceExpression>> IResourceWithConnectionString.GetConnectionProperties() =>
        [new("Uri", UriExpression), new("Key", _key)];

    /// <summary>Returns the key of <paramref name="reader"/>. A published graph has a parameter, because no key can be made before the vault runs.</summary>
    internal ReferenceExpression KeyFor(IDistributedApplicationBuilder builder, string reader, Func<string[]> readAccess) =>
        builder.ExecutionContext.IsPublishMode
            ? ReferenceExpression.Create($"{ParameterResourceBuilderExtensions.CreateParameter(builder, $"{reader}-key", secret: true)}")
            : ReferenceExpression.Create($"{VaultValue.Key(this, reader, readAccess)}");
}
