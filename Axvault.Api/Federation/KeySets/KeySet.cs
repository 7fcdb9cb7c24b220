using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using Axvault.Api.Http;

namespace Axvault.Api.Federation.KeySets;

/// <summary>The public keys of an issuer (RFC 7517 §5). Immutable and thread-safe.</summary>
internal sealed class KeySet
{
    /// <summary>The greatest length of a set, in bytes.</summary>
    public const int MaxBytes = 256 * 1024;

    /// <summary>The greatest number of keys of a set.</summary>
    public const int MaxKeys = 100;

    // Members of private and of symmetric keys (RFC 7518 §6.2.2, §6.3.2, §6.4.1).
    private static readonly string[] SecretMembers = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

    private KeySet(IReadOnlyList<IssuerKey> keys) => Keys = keys;

    /// <summary>The keys for signatures.</summary>
    public IReadOnlyList<IssuerKey> Keys { get; }

    /// <summary>Reads a set.</summary>
    /// <param name="json">The set.</param>
    /// <param name="set">The set, when it has a key for signatures.</param>
    /// <param name="fault">The reason why there is none, after "the key set".</param>
    public static bool TryParse(string json, [NotNullWhen(true)] out KeySet? set, [NotNullWhen(false)] out string? fault)
    {
        set = null;
        if (Encoding.UTF8.GetByteCount(json) > MaxBytes)
        {
            fault = $"has more than {MaxBytes / 1024} KiB";
            return false;
        }

        try
        {
            fault = Read(StrictJson.Parse(json), out set);
        }
        catch (JsonException)
        {
            fault = "is not JSON, or has a member twice";
        }

        return fault is null;
    }

    /// <summary>Returns the keys with <paramref name="id"/> that may verify <paramref name="algorithm"/>.</summary>
    public IEnumerable<IssuerKey> Find(string id, string algorithm) => Keys.Where(key => key.Id == id && key.Fits(algorithm));

    private static string? Read(JsonElement root, out KeySet? set)
    {
        set = null;
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("keys", out var keys) || keys.ValueKind != JsonValueKind.Array)
        {
            return "is not an object with an array of keys";
        }

        if (keys.GetArrayLength() > MaxKeys)
        {
            return $"has more than {MaxKeys} keys";
        }

        List<IssuerKey> read = [];
        foreach (var jwk in keys.EnumerateArray())
        {
            // No issuer publishes such a key on purpose, and this server must not keep it.
            if (jwk.ValueKind == JsonValueKind.Object && SecretMembers.Any(member => jwk.TryGetProperty(member, out _)))
            {
                return "has a private or symmetric key: give public keys alone";
            }

            if (IssuerKey.TryRead(jwk, out var key))
            {
                read.Add(key);
            }
        }

        if (read.Count == 0)
        {
            return "has no public key for signatures with a kid: RSA of 2048 to 8192 bits, or P-256, P-384 or P-521";
        }

        set = new KeySet(read);
        return null;
    }
}
