using System.Globalization;
using System.Text;
using Axvault.Api.Authorization;
using Axvault.Api.Encryption;
using Axvault.Api.Startup;
using Microsoft.Extensions.Configuration;
using Npgsql;
using NpgsqlTypes;

namespace Axvault.Bench.Subjects;

/// <summary>Fills a vault directly in the database, with real envelopes.</summary>
internal static class Seed
{
    /// <summary>The prefix of the names, followed by a number from 1.</summary>
    public const string Prefix = "bench.";

    /// <summary>Adds credentials of <paramref name="bytes"/> bytes each.</summary>
    public static async Task AddCredentialsAsync(string connectionString, int count, int bytes)
    {
        await using var database = NpgsqlDataSource.Create(connectionString);
        var vault = await OpenAsync(database, connectionString);
        var data = Encoding.UTF8.GetBytes($$"""{"value":"{{new string('x', bytes)}}"}""");
        var subject = new EnvelopeSubject("api-key", null, null, null, 1);
        await using (var connection = await database.OpenConnectionAsync())
        await using (
            var copy = await connection.BeginBinaryImportAsync(
                "copy axvault.credential_version (id, name, type, envelope, created_at, updated_at, current_since) from stdin (format binary)"
            )
        )
        {
            var now = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
            for (var i = 1; i <= count; i++)
            {
                var id = Guid.CreateVersion7();
                var name = CredentialName.FromStored(string.Create(CultureInfo.InvariantCulture, $"{Prefix}{i}"));
                await copy.StartRowAsync();
                await copy.WriteAsync(id, NpgsqlDbType.Uuid);
                await copy.WriteAsync(name.Value, NpgsqlDbType.Text);
                await copy.WriteAsync("api-key", NpgsqlDbType.Text);
                await copy.WriteAsync(vault.Encrypt(new EnvelopeContext(id, name) { Subject = subject }, data), NpgsqlDbType.Bytea);
                await copy.WriteAsync(now, NpgsqlDbType.TimestampTz);
                await copy.WriteAsync(now, NpgsqlDbType.TimestampTz);
                await copy.WriteAsync(now, NpgsqlDbType.TimestampTz);
            }

            await copy.CompleteAsync();
        }

        await BenchPostgres.ExecuteAsync(
            connectionString,
            $"insert into axvault.credential (name, version_id) select name, id from axvault.credential_version where starts_with(name, '{Prefix}')"
        );
        await BenchPostgres.ExecuteAsync(connectionString, "vacuum analyze axvault.credential, axvault.credential_version");
    }

    /// <summary>Adds keys whose secrets do not exist.</summary>
    public static async Task AddKeysAsync(string connectionString, int count)
    {
        await BenchPostgres.ExecuteAsync(
            connectionString,
            $"""
            insert into axvault.api_key (id, name, read_access, write_access, grant_access, secret_hash, created_at, updated_at)
            select 'k_' || lpad(to_hex(i), 12, '0'), 'key ' || i, array['team' || i || '.*'], '{"{}"}', '{"{}"}', sha256(i::text::bytea), now(), now()
            from generate_series(1, {count}) as i
            """
        );
        await using (var database = NpgsqlDataSource.Create(connectionString))
        {
            var vault = await OpenAsync(database, connectionString);
            await using var connection = await database.OpenConnectionAsync();
            await SealKeysAsync(connection, vault);
        }

        await BenchPostgres.ExecuteAsync(connectionString, "vacuum analyze axvault.api_key");
    }

    private static async Task SealKeysAsync(NpgsqlConnection connection, Vault vault)
    {
        var table = SealedTable.Keys;
        var seals = new List<(string Id, RowSeal Seal)>();
        await using (var find = new NpgsqlCommand($"select {table.Selection} from axvault.{table.Name}", connection))
        await using (var reader = await find.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                var values = table.Read(reader).Values;
                seals.Add(((string)values[0]!, vault.Seal(table, values)));
            }
        }

        await using var write = new NpgsqlCommand(
            $"update axvault.{table.Name} t set mac = n.mac, kek_id = $3 from unnest($1, $2) as n (row_id, mac) where t.{table.Id} = n.row_id",
            connection
        );
        write.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. seals.Select(static row => row.Id)] });
        write.Parameters.Add(new NpgsqlParameter<byte[][]> { TypedValue = [.. seals.Select(static row => row.Seal.Mac)] });
        write.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = vault.Keys.Current.Id.ToArray() });
        await write.ExecuteNonQueryAsync();
    }

    private static async Task<Vault> OpenAsync(NpgsqlDataSource database, string connectionString)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(
                new Dictionary<string, string?> { ["AXVAULT_DATABASE_URL"] = connectionString, ["AXVAULT_ENCRYPTION_KEY"] = VaultServer.EncryptionKey }
            )
            .Build();
        if (!AxvaultOptions.TryRead(configuration, out var options, out var problems))
        {
            throw new InvalidOperationException(string.Join('\n', problems));
        }

        var vault = new Vault(new VaultStore(database), options.Encryption);
        await vault.OpenExistingAsync(CancellationToken.None);
        return vault;
    }
}
