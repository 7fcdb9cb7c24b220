namespace Axvault.Hosting.References;

/// <summary>The connection of one project to a vault, with a key of its own.</summary>
/// <param name="name">The name of the connection in a manifest.</param>
/// <param name="vault">The vault.</param>
/// <param name="key">The key of the project.</param>
internal sealed class AxvaultConnection(string name, AxvaultResource vault, ReferenceExpression key) : Resource(name), IResourceWithConnectionString
{
    /// <inheritdoc />
    public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create($"Endpoint={vault.UriExpression};Key={key}");

    /// <inheritdoc />
    IEnumerable<KeyValuePair<string, ReferenceExpression>> IResourceWithConnectionString.GetConnectionProperties() =>
        [new("Uri", vault.UriExpression), new("Key", key)];
}
