using Npgsql;

namespace Axvault.Api.Encryption;

/// <summary>
/// A table whose rows have a MAC: a column <c>mac</c>, and a column <c>kek_id</c> with an index. A start looks for the KEKs in use in every such table, and a
/// rotation seals all of their rows again.
/// </summary>
/// <param name="Name">The table, in the schema <c>axvault</c>.</param>
/// <param name="Id">The column with the id of a row, a text.</param>
/// <param name="Columns">The columns that the MAC covers, as SQL expressions. Another order or number is another MAC.</param>
internal sealed record SealedTable(string Name, string Id, params IReadOnlyList<string> Columns)
{
    /// <summary>The API keys. Only the times of their use are not sealed, because they decide nothing.</summary>
    public static readonly SealedTable Keys = new(
        "api_key",
        "id",
        "id",
        "name",
        "secret_hash",
        "secret_version",
        "previous_secret_hash",
        "previous_secret_expires_at",
        "read_access",
        "write_access",
        "grant_access",
        "allowed_cidrs::text[]",
        "expires_at",
        "created_at",
        "updated_at",
        "rule",
        "subject",
        "use_access",
        "requests_per_minute",
        "tokens_per_day"
    )
    {
        Later = 3,
    };

    /// <summary>The issuers of tokens that workloads exchange for keys.</summary>
    public static readonly SealedTable Issuers = new(
        "issuer",
        "name",
        "name",
        "identifier",
        "jwks_url",
        "jwks",
        "algorithms",
        "created_at",
        "updated_at"
    );

    /// <summary>The keys of issuers as last fetched.</summary>
    public static readonly SealedTable IssuerKeySets = new("issuer_key_set", "issuer", "issuer", "key_set", "fetched_at");

    /// <summary>The rules that give keys to workloads.</summary>
    public static readonly SealedTable Rules = new(
        "rule",
        "name",
        "name",
        "issuer",
        "audience",
        "subject",
        "claims",
        "events",
        "read_access",
        "write_access",
        "grant_access",
        "allowed_cidrs",
        "ttl_seconds",
        "max_keys",
        "created_at",
        "updated_at",
        "use_access",
        "requests_per_minute",
        "tokens_per_day"
    )
    {
        Later = 3,
    };

    /// <summary>Every table whose rows have a MAC.</summary>
    public static readonly IReadOnlyList<SealedTable> All = [Keys, Issuers, IssuerKeySets, Rules];

    /// <summary>The SQL list of <see cref="Columns"/>, the MAC and the KEK, for a query that <see cref="Read"/> reads.</summary>
    public string Selection { get; } = string.Join(", ", [.. Columns, "mac", "kek_id"]);

    /// <summary>
    /// The number of columns at the end that came later. They are sealed up to the last that has a value, so an older row still fits its seal.
    /// </summary>
    public int Later { get; init; }

    /// <summary>The number of columns of <see cref="Selection"/>.</summary>
    public int Width => Columns.Count + 2;

    /// <summary>Returns the time of a change, which is always later than that of the change before, also when the clock was set back.</summary>
    /// <param name="last">The time of the change before, in milliseconds.</param>
    /// <param name="now">The time of the database, in milliseconds.</param>
    public static DateTimeOffset Next(DateTimeOffset last, DateTimeOffset now) => now > last ? now : last.AddMilliseconds(1);

    /// <summary>Returns those of the values of <see cref="Columns"/> that the MAC covers.</summary>
    public IReadOnlyList<object?> Sealed(IReadOnlyList<object?> values)
    {
        var count = values.Count;
        while (count > Columns.Count - Later && values[count - 1] is null)
        {
            count--;
        }

        return [.. values.Take(count)];
    }

    /// <summary>Reads <see cref="Selection"/>, the first columns of <paramref name="reader"/>.</summary>
    /// <returns>The values of <see cref="Columns"/>, and the seal; no seal when the row has none.</returns>
    public (object?[] Values, RowSeal? Seal) Read(NpgsqlDataReader reader)
    {
        var values = new object?[Columns.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = reader.IsDBNull(i) ? null : reader.GetValue(i);
        }

        var seal =
            reader.IsDBNull(values.Length) || reader.IsDBNull(values.Length + 1)
                ? null
                : new RowSeal(reader.GetFieldValue<byte[]>(values.Length), KekId.Read(reader.GetFieldValue<byte[]>(values.Length + 1)));
        return (values, seal);
    }
}
