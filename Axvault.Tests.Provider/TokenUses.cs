using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Axvault.Tests.Provider;

/// <summary>Counts what was done with refresh tokens, as the provider saw it: whether any came twice.</summary>
internal sealed class TokenUses
{
    private readonly ConcurrentDictionary<string, bool> _seen = [];
    private int _granted;
    private int _refused;
    private int _repeated;

    /// <summary>A refresh token came, and was answered with <paramref name="status"/>.</summary>
    public void Add(string token, int status)
    {
        // Of tokens the hash is enough.
        if (!_seen.TryAdd(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token))), true))
        {
            Interlocked.Increment(ref _repeated);
        }

        Interlocked.Increment(ref status == StatusCodes.Status200OK ? ref _granted : ref _refused);
    }

    /// <summary>Maps where the counts are had, as three numbers: granted, refused, and of both those whose token had come before.</summary>
    public static void MapTo(IEndpointRouteBuilder endpoints) =>
        endpoints.MapGet(ProviderClients.UsesPath, static (TokenUses uses) => Results.Json(new[] { uses._granted, uses._refused, uses._repeated }));
}
