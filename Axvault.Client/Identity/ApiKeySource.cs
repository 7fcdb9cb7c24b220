namespace Axvault.Client.Identity;

/// <summary>The source of the API key of a client.</summary>
internal abstract class ApiKeySource : IDisposable
{
    /// <summary>Returns the source that <paramref name="options"/> describe.</summary>
    /// <exception cref="AxvaultException">They name neither a key nor a rule.</exception>
    public static ApiKeySource Of(AxvaultClientOptions options) =>
        options switch
        {
            { Rule.Length: > 0 } => new WorkloadKey(options),
            { ApiKey: { Length: > 0 } key } => new StoredKey(key),
            _ => throw AxvaultClientOptions.NotConfigured("No API key is configured. Set AXVAULT_API_KEY, or log in: axvault login URL."),
        };

    /// <summary>Returns the key.</summary>
    public abstract ValueTask<string> GetAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Returns <see langword="true"/> when the next <see cref="GetAsync"/> returns another key than <paramref name="refused"/>; otherwise
    /// <see langword="false"/>.
    /// </summary>
    public abstract bool Replaces(string refused);

    /// <inheritdoc />
    public abstract void Dispose();

    private sealed class StoredKey(string key) : ApiKeySource
    {
        public override ValueTask<string> GetAsync(CancellationToken cancellationToken) =>
            // A line break would end the header.
            key.Any(static letter => letter is <= ' ' or > '~')
                ? throw AxvaultClientOptions.NotConfigured("The API key has a character that no key has.")
                : ValueTask.FromResult(key);

        public override bool Replaces(string refused) => false;

        public override void Dispose() { }
    }
}
