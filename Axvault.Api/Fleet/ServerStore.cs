using Axvault.Api.Encryption;
using Npgsql;
using NpgsqlTypes;

namespace Axvault.Api.Fleet;

/// <summary>The servers of the fleet in PostgreSQL, as an administrator sees them.</summary>
internal sealed class ServerStore(NpgsqlDataSource database)
{
    /// <summary>Returns all servers, silent ones included, in the order of their names.</summary>
    public async Task<List<ListedServer>> ListAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            $"""
            select s.id, s.name, s.version, s.present_since, s.seen_at, {FleetStore.IsSilent("$1")}, s.encrypts_with,
              (select count(*) from axvault.lane l where l.server = s.id)
            from axvault.server s
            order by s.name, s.id
            """
        );
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = FleetStore.Silence, NpgsqlDbType = NpgsqlDbType.Interval });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<ListedServer> servers = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            servers.Add(
                new ListedServer(reader.GetGuid(0), reader.GetString(1))
                {
                    Version = reader.IsDBNull(2) ? null : reader.GetString(2),
                    PresentSince = reader.GetFieldValue<DateTimeOffset>(3),
                    SeenAt = reader.GetFieldValue<DateTimeOffset>(4),
                    IsSilent = reader.GetBoolean(5),
                    EncryptsWith = KekId.Read(reader.GetFieldValue<byte[]>(6)),
                    Lanes = reader.GetInt64(7),
                }
            );
        }

        return servers;
    }
}
