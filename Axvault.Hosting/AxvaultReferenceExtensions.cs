using Axvault.Hosting.References;

namespace Aspire.Hosting;

/// <summary>Gives resources access to a vault.</summary>
/// <example><code>builder.AddProject&lt;Projects.Web&gt;("web").WithReference(vault);</code></example>
public static class AxvaultReferenceExtensions
{
    /// <summary>Gives a resource the connection string <c>Endpoint=…;Key=…</c> of the vault, for <c>Axvault.Client</c>.</summary>
    /// <remarks>
    /// The AppHost makes the key when the vault is healthy. It can read, and nothing else. Each resource has a key of its own, and the audit log
    /// tells them apart. A published graph has the parameter <c>{resource}-{vault}-key</c> in place of it.
    /// <c>{VAULT}_URI</c> and <c>{VAULT}_KEY</c> have the parts, for programs in other languages.
    /// </remarks>
    /// <typeparam name="T">The type of the resource.</typeparam>
    /// <param name="builder">The resource that gets access.</param>
    /// <param name="vault">The vault.</param>
    /// <param name="readAccess">
    /// The credentials to read: names, prefixes such as <c>claude.*</c>, or <c>*</c>. By default those that <c>WithCredential</c> names.
    /// </param>
    /// <param name="connectionName">The name of the connection string. By default that of the vault.</param>
    /// <returns>The resource.</returns>
    /// <example>
    /// <code>
    /// builder.AddProject&lt;Projects.Web&gt;("web").WithReference(vault);
    /// builder.AddProject&lt;Projects.Jobs&gt;("jobs").WithReference(vault, ["claude.*", "codex.prod"]);
    /// </code>
    /// </example>
    public static IResourceBuilder<T> WithReference<T>(
        this IResourceBuilder<T> builder,
        IResourceBuilder<AxvaultResource> vault,
        string[]? readAccess = null,
        string? connectionName = null
    )
        where T : IResourceWithEnvironment
    {
        var name = $"{builder.Resource.Name}-{vault.Resource.Name}";
        var key = vault.Resource.KeyFor(builder.ApplicationBuilder, name, () => readAccess ?? vault.Resource.SeededNames);
        var resource = new AxvaultConnection(name, vault.Resource, key);
        // A manifest has the connection as a value. In development a row of the dashboard for it would show nothing of use.
        var connection = builder.ApplicationBuilder.ExecutionContext.IsPublishMode
            ? builder.ApplicationBuilder.AddResource(resource)
            : builder.ApplicationBuilder.CreateResourceBuilder(resource);
        // The dashboard draws the line to the vault.
        return builder.WithReferenceRelationship(vault.Resource).WithReference(connection, connectionName ?? vault.Resource.Name);
    }

    /// <summary>Sets a variable to the access token of a credential, or to its API key, for a program that knows nothing of the vault.</summary>
    /// <remarks>
    /// The value is fetched when the resource starts. It is a copy, which expires with the token: <c>Axvault.Client</c> and <c>axvault exec</c> renew
    /// theirs. A published graph has the parameter <c>{resource}-{variable}</c> in place of it, in lower case with dashes.
    /// </remarks>
    /// <typeparam name="T">The type of the resource.</typeparam>
    /// <param name="builder">The resource that gets the token.</param>
    /// <param name="vault">The vault.</param>
    /// <param name="credential">The name of the credential, such as <c>claude.prod</c>.</param>
    /// <param name="variable">The variable, such as <c>ANTHROPIC_AUTH_TOKEN</c>.</param>
    /// <returns>The resource.</returns>
    /// <example>
    /// <code>
    /// builder.AddExecutable("agent", "claude", ".", "-p", "hello").WithAxvaultCredential(vault, "claude.prod", "ANTHROPIC_AUTH_TOKEN");
    /// </code>
    /// </example>
    public static IResourceBuilder<T> WithAxvaultCredential<T>(
        this IResourceBuilder<T> builder,
        IResourceBuilder<AxvaultResource> vault,
        string credential,
        string variable
    )
        where T : IResourceWithEnvironment
    {
        builder.WithReferenceRelationship(vault.Resource);
        return builder.ApplicationBuilder.ExecutionContext.IsPublishMode
            ? builder.WithEnvironment(variable, builder.ApplicationBuilder.AddParameter(ParameterName(builder.Resource.Name, variable), secret: true))
            : builder.WithEnvironment(variable, VaultValue.Token(vault.Resource, credential));
    }

    private static string ParameterName(string resource, string variable) => $"{resource}-{variable}".ToLowerInvariant().Replace('_', '-');
}
