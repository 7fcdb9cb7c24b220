using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Axvault.Hosting.Http;

namespace Axvault.AppHost.Dashboard;

/// <summary>An issuer of tokens for trying workload identity out. Its key lives as long as the AppHost, and the vault has the public part.</summary>
internal sealed class DevelopmentIssuer(TimeProvider time) : IDisposable
{
    /// <summary>The name of the issuer in the vault.</summary>
    public const string Name = "development";

    private const string Identifier = "https://issuer.development.invalid";
    private const string KeyId = "development";

    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>The issuer with its public key (RFC 7517).</summary>
    public Issuer Describe()
    {
        var point = _key.ExportParameters(includePrivateParameters: false).Q;
        var jwk = new JsonObject
        {
            ["kty"] = "EC",
            ["kid"] = KeyId,
            ["use"] = "sig",
            ["crv"] = "P-256",
            ["x"] = Base64Url.EncodeToString(point.X),
            ["y"] = Base64Url.EncodeToString(point.Y),
        };
        using var jwks = JsonDocument.Parse(new JsonObject { ["keys"] = new JsonArray(jwk) }.ToJsonString());
        return new Issuer(Identifier, jwks.RootElement.Clone());
    }

    /// <summary>Returns a token (RFC 7519) that <paramref name="rule"/> takes.</summary>
    public string Mint(Rule rule)
    {
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        var claims = new JsonObject
        {
            ["iss"] = Identifier,
            ["aud"] = rule.Audience,
            // A rule for many subjects takes this one among them.
            ["sub"] = (rule.Subject ?? "job:*").Replace("*", "example", StringComparison.Ordinal),
            ["iat"] = now,
            ["exp"] = now + (long)Lifetime.TotalSeconds,
            ["jti"] = Guid.NewGuid().ToString(),
        };
        if (rule.Events is [var happening, ..])
        {
            claims["event_name"] = happening;
        }

        foreach (var (name, values) in rule.Claims ?? [])
        {
            Add(claims, name, values[0]);
        }

        var text = $"{Encode(new JsonObject { ["alg"] = "ES256", ["typ"] = "JWT", ["kid"] = KeyId })}.{Encode(claims)}";
        return $"{text}.{Base64Url.EncodeToString(_key.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256))}";
    }

    /// <inheritdoc />
    public void Dispose() => _key.Dispose();

    // A name that begins with a slash is a JSON pointer (RFC 6901).
    private static void Add(JsonObject claims, string name, string value)
    {
        string[] path = name.StartsWith('/')
            ? [.. name[1..].Split('/').Select(static part => part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))]
            : [name];
        foreach (var part in path[..^1])
        {
            claims[part] ??= new JsonObject();
            claims = claims[part]!.AsObject();
        }

        claims[path[^1]] = value;
    }

    private static string Encode(JsonObject json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json.ToJsonString()));
}
