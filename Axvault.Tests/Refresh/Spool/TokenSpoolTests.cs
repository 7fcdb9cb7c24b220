using System.Text;
using Axvault.Api.Encryption;
using Axvault.Api.Refresh.Spool;
using Axvault.Api.Startup;
using Axvault.Tests.Authorization;
using Axvault.Tests.Harness.Graph;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Axvault.Tests.Refresh.Spool;

/// <summary>Tokens spooled under one encryption key are read back under the current key.</summary>
public sealed class TokenSpoolTests : IDisposable
{
    private static readonly string Old = new('o', 32);
    private static readonly string New = new('n', 32);
    private static readonly EnvelopeContext Context = new(Guid.NewGuid(), Names.Name("spooled"))
    {
        Subject = new EnvelopeSubject("api-key", null, null, DateTimeOffset.UnixEpoch, 2),
    };

    private readonly TestFolder _folder = new();

    [Fact]
    public void Tokens_spooled_under_the_old_key_are_reencrypted_with_the_new_one()
    {
        Keep(Old);
        var (vault, spool) = Open(New, Old);
        Assert.Equal(1, Assert.Single(spool.CountByKey()).Value);

        var left = Assert.Single(spool.FindLeft());

        Assert.Equal(vault.Keys.Current.Id, Envelope.KekOf(left.Envelope));
        Assert.Equal("""{"n":1}""", Encoding.UTF8.GetString(Open(New).Vault.Decrypt(Context, left.Envelope)));
    }

    [Fact]
    public void A_file_of_an_unknown_key_is_counted_and_left_alone()
    {
        Keep(Old);
        var (vault, spool) = Open(New);

        Assert.Empty(spool.FindLeft());
        Assert.NotEqual(vault.Keys.Current.Id, Assert.Single(spool.CountByKey()).Key);
        Assert.Single(Directory.EnumerateFiles(_folder.Path));
    }

    [Fact]
    public void A_tampered_file_is_not_reencrypted()
    {
        Keep(Old, static envelope => envelope[^1] ^= 1);

        Assert.Empty(Open(New, Old).Spool.FindLeft());
        Assert.Single(Directory.EnumerateFiles(_folder.Path));
    }

    /// <inheritdoc />
    public void Dispose() => _folder.Dispose();

    private void Keep(string key, Action<byte[]>? change = null)
    {
        var (vault, spool) = Open(key);
        var envelope = vault.Encrypt(Context, """{"n":1}"""u8);
        change?.Invoke(envelope);
        var (version, name, at) = (Context.VersionId, Context.Name, DateTimeOffset.UnixEpoch);
        Assert.True(spool.TryKeep(new RefreshedCredential(version, name, 1, envelope, at, at, null) { Subject = Context.Subject }));
    }

    private (Vault Vault, TokenSpool Spool) Open(string key, string previous = "")
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([
                new("AXVAULT_ENCRYPTION_KEY", key),
                new("AXVAULT_ENCRYPTION_KEY_PREVIOUS", previous),
                new("AXVAULT_REFRESH_SPOOL", _folder.Path),
            ])
            .Build();
        Assert.True(AxvaultOptions.TryRead(configuration, out var options, out _));
        var vault = new Vault(new VaultStore(NpgsqlDataSource.Create("Host=unused")), options.Encryption);
        vault.Open(new KeyDerivation(new byte[32], 1));
        return (vault, new TokenSpool(options.Refresh, vault, NullLogger<TokenSpool>.Instance));
    }
}
