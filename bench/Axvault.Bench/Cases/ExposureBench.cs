using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Axvault.Api.Authorization;
using Axvault.Api.Encryption;
using Axvault.Api.Refresh;
using Axvault.Api.Refresh.Shapes;
using Axvault.Api.Refresh.Spool;
using Axvault.Api.Startup;
using Axvault.Api.Stored;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Axvault.Bench.Cases;

/// <summary>
/// The only time during which new tokens are lost with the process: from the provider's answer until the spool file is on the disk. The benchmark
/// runs the code of a refresh: it puts the tokens into the data, encrypts it, and flushes the file to the disk.
/// </summary>
internal static class ExposureBench
{
    private const int Warmup = 50;
    private const int Runs = 1000;

    public static void Run(string folder)
    {
        var isOwn = !Directory.Exists(folder);
        var derivation = KeyDerivation.Create();
        var spool = Spool(folder, derivation, out var vault);
        var name = CredentialName.FromStored("claude.prod");
        var tokens = CredentialTokens.Find(Data(), "anthropic") ?? throw new InvalidOperationException("The data has no tokens.");
        var issued = new IssuedTokens
        {
            AccessToken = Token('c'),
            RefreshToken = Token('d'),
            ExpiresIn = TimeSpan.FromHours(8),
        };
        var times = new double[Runs];
        for (var run = -Warmup; run < Runs; run++)
        {
            var rowId = Guid.CreateVersion7();
            var now = DateTimeOffset.UnixEpoch.AddYears(56);
            var start = Stopwatch.GetTimestamp();
            var refreshed = tokens.Apply(issued, now, null, null);
            var kept = new RefreshedCredential(rowId, name, 1, [], now, refreshed.ExpiresAt, refreshed.Lifetime)
            {
                Subject = new EnvelopeSubject("oauth-credentials", "claude", null, refreshed.ExpiresAt, 2),
            };
            kept = kept with { Envelope = Envelope.Seal(vault.Keys, kept.Context, refreshed.Data.Reveal()) };
            if (!spool.TryKeep(kept))
            {
                throw new InvalidOperationException("The spool cannot be written.");
            }

            if (run >= 0)
            {
                times[run] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            }

            spool.Remove(kept);
        }

        if (isOwn)
        {
            Directory.Delete(folder, recursive: true);
        }

        Array.Sort(times);
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"exposure of new tokens, {Runs} refreshes: min {times[0]:0.00} ms, median {times[Runs / 2]:0.00} ms, "
                    + $"p99 {times[Runs * 99 / 100]:0.00} ms, max {times[^1]:0.00} ms"
            )
        );
    }

    private static TokenSpool Spool(string folder, KeyDerivation derivation, out Vault vault)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(
                new Dictionary<string, string?>
                {
                    [EncryptionOptions.KeySetting.Variable] = Token('k'),
                    [RefreshOptions.SpoolSetting.Variable] = Path.GetFullPath(folder),
                }
            )
            .Build();
        if (!AxvaultOptions.TryRead(configuration, out var options, out var problems))
        {
            throw new InvalidOperationException(string.Join(' ', problems));
        }

        vault = new Vault(new VaultStore(NpgsqlDataSource.Create("Host=unused")), options.Encryption);
        vault.Open(derivation);
        return new TokenSpool(options.Refresh, vault, NullLogger<TokenSpool>.Instance);
    }

    private static CredentialData Data()
    {
        using var document = JsonDocument.Parse(
            $$"""{"accessToken":"{{Token('a')}}","refreshToken":"{{Token('b')}}","expiresAt":1700000000000,"scopes":["user:inference"]}"""
        );
        return CredentialData.TryCreate(document.RootElement, out var data) ? data : throw new InvalidOperationException("The data is invalid.");
    }

    private static string Token(char of) => new(of, 108);
}
