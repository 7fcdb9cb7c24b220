using Axvault.Api.Authorization;
using Axvault.Api.Encryption;
using Axvault.Api.Startup;
using Microsoft.Extensions.Configuration;
using Npgsql;

namespace Axvault.Tests.Harness.Servers;

/// <summary>Works on a vault with its encryption key and without a server, as a server would.</summary>
internal static class VaultInsider
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    /// <summary>Opens the vault of a database with <paramref name="key"/>, also one that the vault does not know.</summary>
    public static async Task<Vault> OpenAsync(string connectionString, string key = ServerSettings.DefaultKey, params IReadOnlyList<string> previous)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([
                new("AXVAULT_DATABASE_URL", connectionString),
                new("AXVAULT_ENCRYPTION_KEY", key),
                new("AXVAULT_ENCRYPTION_KEY_PREVIOUS", previous.Count == 0 ? null : string.Join(',', previous)),
            ])
            .Build();
        Assert.True(AxvaultOptions.TryRead(configuration, out var options, out _));
        await using var database = NpgsqlDataSource.Create(connectionString);
        var derivation = await new VaultStore(database).FindDerivationAsync(CancellationToken);
        var vault = new Vault(new VaultStore(database), options.Encryption);
        vault.Open(derivation!);
        return vault;
    }

    /// <summary>Seals the row of the API key <paramref name="id"/> as it is now.</summary>
    public static async Task SealKeyAsync(string connectionString, string id)
    {
        var vault = await OpenAsync(connectionString);
        await using var connection = await DatabaseContents.OpenAsync(connectionString);
        await using var command = new NpgsqlCommand($"select {SealedTable.Keys.Selection} from axvault.api_key where id = $1", connection);
        command.Parameters.Add(new NpgsqlParameter { Value = id });
        RowSeal seal;
        await using (var reader = await command.ExecuteReaderAsync(CancellationToken))
        {
            Assert.True(await reader.ReadAsync(CancellationToken));
            seal = vault.Seal(SealedTable.Keys, SealedTable.Keys.Read(reader).Values);
        }

        await DatabaseContents.ExecuteAsync(
            connectionString,
            "update axvault.api_key set mac = $2, kek_id = $3 where id = $1",
            id,
            seal.Mac,
            seal.Kek.ToArray()
        );
    }

    /// <summary>
    /// Changes the expiry of versions, and seals each again under its key. A version that does not open keeps its envelope.
    /// </summary>
    /// <param name="vault">The vault.</param>
    /// <param name="transaction">The transaction.</param>
    /// <param name="which">A condition in SQL on a version <c>v</c>.</param>
    /// <param name="expiresAt">The new expiry.</param>
    public static async Task SetExpiryAsync(Vault vault, NpgsqlTransaction transaction, string which, DateTimeOffset expiresAt)
    {
        var changed = new List<(Guid Id, byte[] Envelope)>();
        await using (
            var find = new NpgsqlCommand(
                $"""
                select v.id, v.name, v.type, v.agent, v.provider, v.expires_at, v.revision, v.envelope
                from axvault.credential_version v
                where {which}
                for no key update
                """,
                transaction.Connection,
                transaction
            )
        )
        await using (var reader = await find.ExecuteReaderAsync(CancellationToken))
        {
            while (await reader.ReadAsync(CancellationToken))
            {
                var subject = new EnvelopeSubject(
                    reader.GetString(2),
                    reader.IsDBNull(3) ? null : reader.GetString(3),
                    reader.IsDBNull(4) ? null : reader.GetString(4),
                    reader.IsDBNull(5) ? null : reader.GetFieldValue<DateTimeOffset>(5),
                    reader.GetInt64(6)
                );
                var context = new EnvelopeContext(reader.GetGuid(0), CredentialName.FromStored(reader.GetString(1))) { Subject = subject };
                changed.Add(
                    (context.VersionId, Reseal(vault, context, context with { Subject = subject with { ExpiresAt = expiresAt } }, (byte[])reader[7]))
                );
            }
        }

        await using var write = new NpgsqlCommand(
            """
            update axvault.credential_version v set expires_at = $1, envelope = n.envelope
            from unnest($2, $3) as n (id, envelope) where v.id = n.id
            """,
            transaction.Connection,
            transaction
        );
        write.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = expiresAt });
        write.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. changed.Select(static version => version.Id)] });
        write.Parameters.Add(new NpgsqlParameter<byte[][]> { TypedValue = [.. changed.Select(static version => version.Envelope)] });
        await write.ExecuteNonQueryAsync(CancellationToken);
    }

    private static byte[] Reseal(Vault vault, EnvelopeContext before, EnvelopeContext after, byte[] envelope)
    {
        try
        {
            var data = vault.Decrypt(before, envelope);
            return Envelope.Seal(vault.Keys.EncryptingWith(Envelope.KekOf(envelope)!.Value), after, data);
        }
        catch (EnvelopeException)
        {
            return envelope;
        }
    }
}
