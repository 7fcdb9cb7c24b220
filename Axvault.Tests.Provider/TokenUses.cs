using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Axvault.Tests.Provider;

/// <summary>Counts the uses of refresh tokens as the provider sees them, and how many tokens came more than once.</summary>
internal sealed class TokenUses
{
    private readonly ConcurrentDictionary<string, bool> _seen = [];
    private int _granted;
    private int _refused;
    private int _repeated;

    /// <summary>Counts a refresh that was answered with <paramref name="status"/>.</summary>
    public void Add(string token, int status)
    {
        // The hash is enough to recognize a token.
        if (!_seen.TryAdd(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token))), true))
        {
            Interlocked.Increment(ref _repeated);
        }

        Interlocked.Increment(ref status == StatusCodes.Status200OK ? ref _granted : ref _refused);
    }

    /// <summary>Maps the endpoint of the counts: an array of granted, refused and repeated. Repeated ones are part of the first two.</summary>
    public static void MapTo(IEndpointRouteBuilder endpoints) =>
        endpoints.MapGet(ProviderClients.UsesPath, static (TokenUses uses) => Results.Json(new[] { uses._granted, uses._refused, uses._repeated }));
}
