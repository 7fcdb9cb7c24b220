using System.Net.Http.Headers;

namespace Axvault.Client;

/// <summary>A condition on what is stored before a put.</summary>
/// <example><code>await vault.Credentials.PutAsync(name, content, PutCondition.Is(read.ETag!));</code></example>
public sealed class PutCondition
{
    private readonly string? _tag;

    private PutCondition(string? tag) => _tag = tag;

    /// <summary>The condition that there is no credential of the name.</summary>
    /// <example><code>await vault.Credentials.PutAsync(name, content, PutCondition.IsAbsent);</code></example>
    public static PutCondition IsAbsent { get; } = new(null);

    /// <summary>Returns the condition that the credential is as it was read.</summary>
    /// <param name="etag">The entity tag of the read: <see cref="OpenedCredential.ETag"/>.</param>
    /// <returns>The condition.</returns>
    /// <example><code>PutCondition.Is(credential.ETag!)</code></example>
    public static PutCondition Is(string etag) => new(etag);

    internal void AddTo(HttpRequestHeaders headers)
    {
        if (_tag is null)
        {
            headers.IfNoneMatch.Add(EntityTagHeaderValue.Any);
        }
        else
        {
            headers.IfMatch.Add(EntityTagHeaderValue.Parse(_tag));
        }
    }
}
