using System.Text;
using System.Text.Json.Nodes;
using Axvault.Api.Encryption;
using Axvault.Api.Refresh.Spool;
using Axvault.Api.Startup;
using Axvault.Tests.Authorization;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Axvault.Tests.Refresh.Spool;

/// <summary>Files and folders that others put in the place of the spool's own.</summary>
public sealed class SpoolSafetyTests : IDisposable
{
    private static readonly DateTimeOffset At = DateTimeOffset.UnixEpoch;

    private static readonly EnvelopeContext Context = new(Guid.NewGuid(), Names.Name("spooled"))
    {
        Subject = new EnvelopeSubject("oauth-credentials", "claude", null, At, 2),
    };

    private readonly TestFolder _folder = new();

    private string Spool => Path.Combine(_folder.Path, "spool");

    [Theory]
    [InlineData("Revision", "2")]
    [InlineData("Name", "\"other\"")]
    [InlineData("VersionId", "\"0197f3a0-0000-7000-8000-000000000001\"")]
    [InlineData("IssuedAt", "\"2030-01-01T00:00:00+00:00\"")]
    [InlineData("ExpiresAt", "\"2030-01-01T00:00:00+00:00\"")]
    [InlineData("LifetimeSeconds", "1")]
    [InlineData("LifetimeSeconds", "null")]
    [InlineData("Envelope", "\"AQ==\"")]
    [InlineData("Envelope", "null")]
    [InlineData("Name", "null")]
    [InlineData("Type", "\"api-key\"")]
    [InlineData("Agent", "\"codex\"")]
    [InlineData("Provider", "\"openai\"")]
    [InlineData("Mac", "null")]
    [InlineData("Mac", "\"AQ==\"")]
    public void An_entry_with_any_field_edited_is_refused_and_left_aside(string field, string value)
    {
        var (_, spool) = Keep();
        var file = Assert.Single(Directory.GetFiles(Spool));
        var entry = JsonNode.Parse(File.ReadAllText(file))!;
        entry[field] = JsonNode.Parse(value);
        File.WriteAllText(file, entry.ToJsonString());

        Assert.Empty(spool.FindLeft());
        Assert.Equal([$"{file}.refused"], Directory.GetFiles(Spool));
    }

    [Theory]
    [InlineData("-7.token")]
    [InlineData("-1.answer")]
    public void An_entry_under_the_name_of_another_one_is_refused(string name)
    {
        var (_, spool) = Keep();
        var file = Assert.Single(Directory.GetFiles(Spool));
        File.Move(file, file.Replace("-1.token", name, StringComparison.Ordinal));

        Assert.Empty(spool.FindLeft());
        Assert.EndsWith($"{name}.refused", Assert.Single(Directory.GetFiles(Spool)), StringComparison.Ordinal);
    }

    [Fact]
    public void An_entry_of_another_vault_is_refused()
    {
        var (_, spool) = Keep(salt: 1);
        var file = Assert.Single(Directory.GetFiles(Spool));
        var (vault, other) = Open(salt: 2);
        File.Move(file, Path.Combine(Spool, $"{vault.Id}-{Context.VersionId:N}-1.token"));

        Assert.Empty(other.FindLeft());
        Assert.Empty(spool.FindLeft());
    }

    [Fact]
    public void An_untouched_entry_is_read_beside_refused_ones()
    {
        var (vault, spool) = Keep();
        Pipe.Make(Path.Combine(Spool, $"{vault.Id}-pipe.token"));
        File.CreateSymbolicLink(Path.Combine(Spool, $"{vault.Id}-link.token"), "/dev/zero");
        Directory.CreateDirectory(Path.Combine(Spool, $"{vault.Id}-folder.token"));
        File.WriteAllText(Path.Combine(Spool, $"{vault.Id}-empty.token"), "");
        File.WriteAllText(Path.Combine(Spool, $"{vault.Id}-other.token"), "[]");
        using (var large = File.Create(Path.Combine(Spool, $"{vault.Id}-large.token")))
        {
            large.SetLength(1L << 40);
        }

        Assert.Single(spool.CountByKey());
        Assert.Equal(Context.VersionId, Assert.Single(spool.FindLeft()).VersionId);
        Assert.Equal(5, Directory.GetFileSystemEntries(Spool, "*.refused").Length);
    }

    [Fact]
    public void A_file_that_others_may_write_to_is_refused()
    {
        var (_, spool) = Keep();
        SetMode(Assert.Single(Directory.GetFiles(Spool)), 0b110_110_110);

        Assert.Empty(spool.FindLeft());
    }

    [Theory]
    [InlineData(0b0_111_111_111, false)]
    [InlineData(0b0_111_111_101, false)]
    [InlineData(0b1_111_111_111, true)]
    [InlineData(0b0_111_101_101, true)]
    [InlineData(0b0_111_000_000, true)]
    public void A_folder_that_others_may_write_to_is_not_used_also_behind_a_link(int mode, bool isSafe)
    {
        var target = Path.Combine(_folder.Path, "target");
        Directory.CreateDirectory(target);
        SetMode(target, mode);
        Directory.CreateSymbolicLink(Spool, target);
        var (vault, spool) = Open();

        var refreshed = Refreshed(vault);
        Assert.Equal(isSafe, spool.TryKeep(refreshed));
        spool.Release(refreshed);
        Assert.Equal(isSafe ? 1 : 0, spool.FindLeft().Count);
        Assert.Equal(isSafe ? 1 : 0, Directory.GetFiles(target).Length);
    }

    [Fact]
    public void An_entry_that_replaces_a_version_that_is_gone_is_left_aside()
    {
        var (_, spool) = Keep();

        spool.SetAside(Assert.Single(spool.FindLeft()));

        Assert.Empty(spool.FindLeft());
        Assert.EndsWith(".token.refused", Assert.Single(Directory.GetFiles(Spool)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_cannot_be_completed_leaves_nothing_staged()
    {
        var (vault, spool) = Open();
        var refreshed = Refreshed(vault);

        // A folder in the place of the file: the move fails after the content was written, as a write fails on a full disk.
        Directory.CreateDirectory(Path.Combine(Spool, $"{vault.Id}-{refreshed.VersionId:N}-{refreshed.Revision}.token"));

        Assert.False(spool.TryKeep(refreshed));
        Assert.Empty(Directory.GetFiles(Spool));
    }

    /// <inheritdoc />
    public void Dispose() => _folder.Dispose();

    private (Vault Vault, TokenSpool Spool) Keep(byte salt = 0)
    {
        var (vault, spool) = Open(salt);
        var refreshed = Refreshed(vault);
        Assert.True(spool.TryKeep(refreshed));
        spool.Release(refreshed);
        return (vault, spool);
    }

    private static void SetMode(string path, int mode)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no modes.");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, (UnixFileMode)mode);
        }
    }

    private static RefreshedCredential Refreshed(Vault vault) =>
        new(Context.VersionId, Context.Name, 1, vault.Encrypt(Context, Encoding.UTF8.GetBytes("""{"n":1}""")), At, At, TimeSpan.FromHours(1))
        {
            Subject = Context.Subject,
        };

    private (Vault Vault, TokenSpool Spool) Open(byte salt = 0)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([new("AXVAULT_ENCRYPTION_KEY", new string('o', 32)), new("AXVAULT_REFRESH_SPOOL", Spool)])
            .Build();
        Assert.True(AxvaultOptions.TryRead(configuration, out var options, out _));
        var vault = new Vault(new VaultStore(NpgsqlDataSource.Create("Host=unused")), options.Encryption);
        byte[] bytes = [.. Enumerable.Repeat(salt, 32)];
        vault.Open(new KeyDerivation(bytes, 1));
        return (vault, new TokenSpool(options.Refresh, vault, NullLogger<TokenSpool>.Instance));
    }
}
