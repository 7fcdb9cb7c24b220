using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Axvault.Bench.Load;
using Axvault.Bench.Subjects;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Axvault.Bench.Cases;

/// <summary>
/// Exchanges of workloads' tokens for keys, compared with the verifications of their signatures alone, in one thread. Each token is exchanged once, so they are
/// made before.
/// </summary>
internal static class ExchangeBench
{
    private const int Connections = 32;
    private const int Tokens = 4000;
    private const string Audience = "https://vault.example.com";
    private const string Issuer = "https://issuer.example.com/";

    /// <summary>Runs the benchmark, and prints a table of medians.</summary>
    public static async Task RunAsync(int rounds)
    {
        var program = await ServerBuild.Native.PublishAsync();
        await using var postgres = await BenchPostgres.StartAsync();
        await using var server = await VaultServer.StartAsync([program, "serve"], await postgres.CreateDatabaseAsync("axvault"));
        using var rsa = RSA.Create(2048);
        using var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Signer[] signers =
        [
            new("RS256", new RsaSecurityKey(rsa), bytes => rsa.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)),
            new("ES256", new ECDsaSecurityKey(ecdsa), bytes => ecdsa.SignData(bytes, HashAlgorithmName.SHA256)),
        ];
        foreach (var signer in signers)
        {
            await server.PutJsonAsync($"issuers/{signer.Algorithm}", Describe(signer).ToJsonString());
        }

        Console.WriteLine($"Exchanges at {Connections} connections; medians of {rounds} rounds of {Tokens} tokens, in turn");
        Console.WriteLine("algorithm | exchanges/s  verifications/s in one thread | ratio");
        var results = signers.ToDictionary(static signer => signer.Algorithm, static _ => new List<(double Exchanges, double Verifications)>());
        for (var round = 0; round <= rounds; round++)
        {
            foreach (var signer in signers)
            {
                var result = (await ExchangeAsync(server, signer), await VerifyAsync(signer));
                // The first round warms up.
                if (round > 0)
                {
                    results[signer.Algorithm].Add(result);
                }
            }
        }

        foreach (var (algorithm, rates) in results)
        {
            var exchanges = Medians.Of(rates.Select(static rate => rate.Exchanges));
            var verifications = Medians.Of(rates.Select(static rate => rate.Verifications));
            var ratio = Medians.Of(rates.Select(static rate => rate.Exchanges / rate.Verifications));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{algorithm,-9} | {exchanges,11:0} {verifications,30:0} | {ratio:0.000}"));
        }
    }

    private static async Task<double> ExchangeAsync(VaultServer server, Signer signer)
    {
        var rule = $"r{Guid.NewGuid():N}";
        await server.PutJsonAsync(
            $"rules/{rule}",
            $$"""{"issuer":"{{signer.Algorithm}}","audience":"{{Audience}}","subject":"job:bench","readAccess":["*"],"ttlSeconds":60,"maxKeys":10000}"""
        );
        var tokens = new ConcurrentQueue<string>(Enumerable.Range(0, Tokens).Select(_ => Mint(signer)));
        using var http = new HttpClient { BaseAddress = server.Process.Address };
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => Task.Run(() => ExchangeAllAsync(http, rule, tokens))));
        return Tokens / clock.Elapsed.TotalSeconds;
    }

    private static async Task ExchangeAllAsync(HttpClient http, string rule, ConcurrentQueue<string> tokens)
    {
        while (tokens.TryDequeue(out var token))
        {
            using var form = new FormUrlEncodedContent(
                new Dictionary<string, string>
                {
                    ["grant_type"] = "urn:ietf:params:oauth:grant-type:jwt-bearer",
                    ["assertion"] = token,
                    ["client_id"] = rule,
                }
            );
            using var response = (await http.PostAsync(new Uri("/api/v1/token", UriKind.Relative), form)).EnsureSuccessStatusCode();
        }
    }

    private static async Task<double> VerifyAsync(Signer signer)
    {
        var (handler, token, count) = (new JsonWebTokenHandler(), Mint(signer), 0);
        var parameters = new TokenValidationParameters
        {
            IssuerSigningKey = signer.Key,
            ValidateAudience = false,
            ValidateIssuer = false,
            ValidateLifetime = false,
        };
        var clock = Stopwatch.StartNew();
        for (; clock.Elapsed < TimeSpan.FromSeconds(1); count++)
        {
            if (!(await handler.ValidateTokenAsync(token, parameters)).IsValid)
            {
                throw new InvalidOperationException("A token of the benchmark is not valid.");
            }
        }

        return count / clock.Elapsed.TotalSeconds;
    }

    private static JsonObject Describe(Signer signer)
    {
        var jwk =
            signer.Key is RsaSecurityKey rsa
                ? JsonWebKeyConverter.ConvertFromRSASecurityKey(new RsaSecurityKey(rsa.Rsa.ExportParameters(false)))
                : JsonWebKeyConverter.ConvertFromECDsaSecurityKey((ECDsaSecurityKey)signer.Key);
        var key = new JsonObject { ["kid"] = signer.Algorithm, ["kty"] = jwk.Kty, ["use"] = "sig" };
        foreach (var (name, value) in new[] { ("n", jwk.N), ("e", jwk.E), ("crv", jwk.Crv), ("x", jwk.X), ("y", jwk.Y) })
        {
            if (value is not null)
            {
                key[name] = value;
            }
        }

        return new JsonObject { ["issuer"] = Issuer + signer.Algorithm, ["jwks"] = new JsonObject { ["keys"] = new JsonArray(key) } };
    }

    private static string Mint(Signer signer)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var header = $$"""{"alg":"{{signer.Algorithm}}","typ":"JWT","kid":"{{signer.Algorithm}}"}""";
        var claims = $$"""
            {"iss":"{{Issuer}}{{signer.Algorithm}}","aud":"{{Audience}}","sub":"job:bench","iat":{{now}},"exp":{{now + 3600}},"jti":"{{Guid.NewGuid()}}"}
            """;
        var text = $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header))}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims))}";
        return $"{text}.{Base64Url.EncodeToString(signer.Sign(Encoding.ASCII.GetBytes(text)))}";
    }

    private sealed record Signer(string Algorithm, SecurityKey Key, Func<byte[], byte[]> Sign);
}
