using System.Globalization;
using Npgsql;

namespace Axvault.Api.Federation;

/// <summary>The keys that rules have issued, in PostgreSQL. They are rows among the other keys, so they stop as exactly as those do.</summary>
internal sealed class IssuedKeyStore(NpgsqlDataSource database)
{
    /// <summary>Ends every key of <paramref name="rules"/> in <paramref name="transaction"/>, which has locked the rules.</summary>
    /// <returns>The number of keys.</returns>
    public static async Task<int> EndAsync(NpgsqlTransaction transaction, string[] rules, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("delete from axvault.api_key where rule = any ($1)", transaction.Connection, transaction);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = rules });
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Makes the statement that counts the living keys of <paramref name="rule"/>, and tells the time until the first of them expires.</summary>
    public static NpgsqlBatchCommand MakeCount(string rule)
    {
        var command = new NpgsqlBatchCommand(
            """
            select count(*), coalesce(min(expires_at) - clock_timestamp(), interval '0')
            from axvault.api_key where rule = $1 and expires_at > clock_timestamp()
            """
        );
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = rule });
        return command;
    }

    /// <summary>Removes the keys that expired a day ago, and the marks of tokens that cannot be used any more.</summary>
    public async Task RemoveOldAsync(CancellationToken cancellationToken)
    {
        // The clock of a server decides about a token, and may be behind that of the database.
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(
            new NpgsqlBatchCommand("delete from axvault.api_key where rule is not null and expires_at < clock_timestamp() - interval '1 day'")
        );
        batch.BatchCommands.Add(new NpgsqlBatchCommand("delete from axvault.used_token where expires_at < clock_timestamp() - interval '1 hour'"));
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Returns the words for <paramref name="ended"/> keys; <see langword="null"/> for none.</summary>
    public static string? Describe(int ended) =>
        ended switch
        {
            0 => null,
            1 => "1 key ended",
            _ => string.Create(CultureInfo.InvariantCulture, $"{ended} keys ended"),
        };
}
