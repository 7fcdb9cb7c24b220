using Axvault.Api.Encryption;
using Npgsql;
using NpgsqlTypes;

namespace Axvault.Api.Federation;

/// <summary>Reads and seals the rows of issuers, of their keys and of rules. What such a row says is trust, so only a server may write one.</summary>
internal sealed partial class SealedRowStore(Vault vault, ILogger<SealedRowStore> logger)
{
    /// <summary>Reads the first columns of <paramref name="reader"/>, a row of <paramref name="table"/>.</summary>
    /// <returns>The values; <see langword="null"/> when no server wrote the row as it is.</returns>
    /// <exception cref="EnvelopeException">The row is sealed under a KEK that this server lacks.</exception>
    public object?[]? Read(SealedTable table, NpgsqlDataReader reader)
    {
        var (values, seal) = table.Read(reader);
        switch (vault.Compare(table, values, seal))
        {
            case RowFit.Fits:
                return values;
            case RowFit.UnknownKek:
                throw new EnvelopeException(EnvelopeFault.UnknownKek);
            default:
                Log.DoesNotFit(logger, values[0] as string, table.Name);
                return null;
        }
    }

    /// <summary>Adds <paramref name="values"/> as parameters, and the seal over them as the two last ones.</summary>
    public void AddParameters(NpgsqlParameterCollection parameters, SealedTable table, object?[] values, NpgsqlDbType[] types)
    {
        foreach (var (value, type) in values.Zip(types))
        {
            parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value, NpgsqlDbType = type });
        }

        var seal = vault.Seal(table, values);
        parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = seal.Mac });
        parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = seal.Kek.ToArray() });
    }

    /// <summary>Returns the time of the database, in milliseconds.</summary>
    public static async Task<DateTimeOffset> NowAsync(NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select date_trunc('milliseconds', clock_timestamp())", transaction.Connection, transaction);
        return new DateTimeOffset((DateTime)(await command.ExecuteScalarAsync(cancellationToken))!);
    }

    /// <summary>Returns the time in a column of a row.</summary>
    public static DateTimeOffset Time(object? value) => new((DateTime)value!);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The row {Row} of {Table} is not what a server has written, and is not used: put it anew, or delete it")]
        public static partial void DoesNotFit(ILogger logger, string? row, string table);
    }
}
