using Axvault.Api.Telemetry;
using Npgsql;
using NpgsqlTypes;

namespace Axvault.Api.Encryption;

/// <summary>
/// The servers of the fleet in PostgreSQL, and the KEKs that each has. A server reports every <see cref="Beat"/>. A server that stops removes its row. A server
/// that died falls silent.
/// </summary>
internal sealed class FleetStore(NpgsqlDataSource database)
{
    /// <summary>The interval at which a server reports.</summary>
    public static readonly TimeSpan Beat = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The silence after which a server counts as dead. Only a server that reported during all of that time may remove it: while the database is unreachable,
    /// every server is silent.
    /// </summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);

    /// <summary>The longest gap between a server's own reports that still lets it remove dead servers.</summary>
    public static readonly TimeSpan Gap = Beat * 2.5;

    /// <summary>Reports <paramref name="server"/>, and removes dead servers.</summary>
    /// <returns>The other servers.</returns>
    public async Task<List<FleetMember>> BeatAsync(ServerIdentity server, KeyRing ring, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            $"""
            with present as (
              insert into axvault.server as s (id, name, kek_ids, encrypts_with, version) values ($1, $2, $3, $4, $5)
              on conflict (id) do update
              set encrypts_with = excluded.encrypts_with,
                  seen_at = excluded.seen_at,
                  present_since = case
                    when s.seen_at < excluded.seen_at - $7 or greatest(s.seen_at, s.present_since) > excluded.seen_at then excluded.seen_at
                    else s.present_since end
              returning s.present_since),
            dead as (
              delete from axvault.server s using present
              where s.id <> $1 and {IsSilent("$6")} and present.present_since < clock_timestamp() - $6
              returning s.id)
            select s.id, s.name, s.kek_ids, s.encrypts_with, {IsSilent("$6")}
            from axvault.server s
            where s.id <> $1 and not exists (select from dead where dead.id = s.id)
            order by s.name, s.id
            """
        );
        Add(command, server, ring.Ids, ring.Current.Id);
        AddTime(command, Silence);
        AddTime(command, Gap);
        return await ReadAsync(command, cancellationToken);
    }

    /// <summary>Removes <paramref name="server"/> from the fleet.</summary>
    public async Task LeaveAsync(ServerIdentity server, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("delete from axvault.server where id = $1");
        command.CommandTimeout = 2;
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = server.Id });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Returns all servers, silent ones included.</summary>
    public async Task<List<FleetMember>> FindAllAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        return await FindOthersAsync(transaction, Guid.Empty, cancellationToken);
    }

    /// <summary>Returns all servers but <paramref name="server"/>, silent ones included.</summary>
    public static async Task<List<FleetMember>> FindOthersAsync(NpgsqlTransaction transaction, Guid server, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"select s.id, s.name, s.kek_ids, s.encrypts_with, {IsSilent("$2")} from axvault.server s where s.id <> $1 order by s.name, s.id",
            transaction.Connection,
            transaction
        );
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = server });
        AddTime(command, Silence);
        return await ReadAsync(command, cancellationToken);
    }

    /// <summary>Writes the KEKs of <paramref name="server"/>, and the one that it encrypts with once <paramref name="transaction"/> is committed.</summary>
    public static async Task WriteAsync(
        NpgsqlTransaction transaction,
        ServerIdentity server,
        KeyRing ring,
        KekId encryptsWith,
        CancellationToken cancellationToken
    )
    {
        await using var command = new NpgsqlCommand(
            """
            insert into axvault.server (id, name, kek_ids, encrypts_with, version) values ($1, $2, $3, $4, $5)
            on conflict (id) do update set encrypts_with = excluded.encrypts_with
            """,
            transaction.Connection,
            transaction
        );
        Add(command, server, ring.Ids, encryptsWith);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Returns the condition that a server <c>s</c> has not reported for a time, which is a parameter.</summary>
    /// <remarks>A row of the future counts as silent, too: the database's own clock writes the times, so no server has written it.</remarks>
    public static string IsSilent(string silence) => $"s.seen_at not between clock_timestamp() - {silence} and clock_timestamp() + interval '1 second'";

    // $1 to $5
    private static void Add(NpgsqlCommand command, ServerIdentity server, byte[][] kekIds, KekId encryptsWith)
    {
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = server.Id });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = server.Name });
        command.Parameters.Add(new NpgsqlParameter<byte[][]> { TypedValue = kekIds });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = encryptsWith.ToArray() });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = ServerVersion.Text });
    }

    private static void AddTime(NpgsqlCommand command, TimeSpan time) =>
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = time, NpgsqlDbType = NpgsqlDbType.Interval });

    private static async Task<List<FleetMember>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var members = new List<FleetMember>();
        while (await reader.ReadAsync(cancellationToken))
        {
            members.Add(
                new FleetMember(
                    reader.GetGuid(0),
                    reader.GetString(1),
                    reader.GetFieldValue<byte[][]>(2).Select(static id => KekId.Read(id)).ToHashSet(),
                    KekId.Read(reader.GetFieldValue<byte[]>(3)),
                    reader.GetBoolean(4)
                )
            );
        }

        return members;
    }
}
