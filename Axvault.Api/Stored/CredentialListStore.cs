using System.Globalization;
using Axvault.Api.Authorization;
using Axvault.Client;
using Axvault.Client.Agents;
using Npgsql;
using NpgsqlTypes;

namespace Axvault.Api.Stored;

/// <summary>Lists of credentials in PostgreSQL. A statement is made of fixed parts; what a client sends is a parameter of it.</summary>
internal sealed class CredentialListStore(NpgsqlDataSource database)
{
    /// <summary>The status of the refresh as the API shows it; null before the first refresh of the version.</summary>
    public static readonly string Status = $"""
        case when r.revision = v.revision then case when r.status = 'failed' and r.error in ({Quoted(RefreshStatus.ErrorsOfOperator)})
          then '{RefreshStatus.Misconfigured}' else r.status end end
        """;

    /// <summary>
    /// The condition that a refresh is alive: the vault knows a refresh token, or has not looked yet, and the last attempt did not end it. Status as stored.
    /// </summary>
    public static readonly string Renewable = $"""
        (v.type = '{CredentialType.OAuthCredentials}' and coalesce({Status}, '{RefreshStatus.None}') in ('none', 'ok', 'retrying')
          and (r.revision is distinct from v.revision or r.token_expires_at is not null))
        """;

    // As PermittedUse.Of. A name under the collation "C" has letters of ASCII only. Its normal form is made once.
    private static readonly string Use = $"""
        (select case {string.Concat(PermittedUse.Facts.Select(static fact => $"when {ConditionOf(fact)} then '{fact.Use.Name}' "))}end
          from (select lower(regexp_replace(coalesce(v.provider, v.agent) collate "C", '[^A-Za-z0-9]', '_', 'g')) as issuer offset 0) as normal)
        """;

    /// <summary>The condition that the caller may read a current credential. <see cref="AddAccess"/> has its parameters, the first two.</summary>
    public const string Readable = "(c.name = any ($1) or exists (select from unnest($2) as stem where starts_with(c.name, stem)))";

    /// <summary>Returns the credentials that <paramref name="access"/> covers. Those without a value to order by come last, and equal ones by name.</summary>
    /// <param name="filter">The credentials to list.</param>
    /// <param name="sort">The order.</param>
    /// <param name="access">The read access of the caller.</param>
    /// <param name="after">The place before the first; <see langword="null"/> to start at the beginning.</param>
    /// <param name="limit">The greatest number.</param>
    /// <param name="cancellationToken">Ends the query.</param>
    public async Task<List<ListedCredential>> ListAsync(
        CredentialFilter filter,
        CredentialSort sort,
        AccessList access,
        ListPlace? after,
        int limit,
        CancellationToken cancellationToken
    )
    {
        await using var command = database.CreateCommand();
        AddPage(command, access, after?.Name, limit);
        var direction = sort.IsDescending ? "desc" : "asc";
        command.CommandText = $"""
            select c.name, {CredentialStore.OtherColumns}, v.id, v.revision, clock_timestamp(), r.token_expires_at,
              {CredentialStore.Expiry}, {Renewable}, {ValueOf(sort)}
            from {SourceOf(sort)}
            where {Readable}
              and {AddPlace(command, sort, after)}{AddFilter(command, filter, "c.name")}
            order by {(sort.By == CredentialOrder.Name ? $"c.name {direction}" : $"{ValueOf(sort)} {direction} nulls last, c.name")}
            limit $4
            """;
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<ListedCredential> credentials = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            credentials.Add(Read(reader, sort));
        }

        return credentials;
    }

    /// <summary>Returns the place of a credential in the order <paramref name="sort"/>; <see langword="null"/> when there is no such credential.</summary>
    public async Task<ListPlace?> FindPlaceAsync(CredentialName name, CredentialSort sort, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"select {ValueOf(sort)} from {SourceOf(sort)} where c.name = $1");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name.Value });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? new ListPlace(name, ReadValue(reader, 0, sort)) : null;
    }

    /// <summary>Adds the parameters of a page: the names and stems of <paramref name="access"/>, the name before the first, the greatest number.</summary>
    public static void AddPage(NpgsqlCommand command, AccessList access, CredentialName? after, int limit)
    {
        AddAccess(command, access);
        command.Parameters.Add(Nullable(after?.Value, NpgsqlDbType.Text));
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
    }

    /// <summary>Adds the names and the stems of <paramref name="access"/>.</summary>
    public static void AddAccess(NpgsqlCommand command, AccessList access)
    {
        command.Parameters.Add(
            new NpgsqlParameter<string[]> { TypedValue = [.. access.Where(static entry => !entry.IsPrefix).Select(static entry => entry.Value)] }
        );
        command.Parameters.Add(
            new NpgsqlParameter<string[]> { TypedValue = [.. access.Where(static entry => entry.IsPrefix).Select(static entry => entry.Stem.ToString())] }
        );
    }

    /// <summary>Adds the parameters of <paramref name="filter"/>, and returns its conditions.</summary>
    /// <param name="command">The statement.</param>
    /// <param name="filter">The filter.</param>
    /// <param name="name">The column of the name.</param>
    public static string AddFilter(NpgsqlCommand command, CredentialFilter filter, string name)
    {
        // No text holds a line break, so a match never reaches over two of them. The names' own collation knows only the letters of ASCII.
        var texts = $"""lower(concat_ws(E'\n', {name} collate "default", v.display_name, v.agent, v.provider))""";
        var conditions = "";
        When(filter.Name?.Value, NpgsqlDbType.Text, place => $"{name} = {place}");
        When(filter.Type?.Value, NpgsqlDbType.Text, static place => $"v.type = {place}");
        When(filter.Provider, NpgsqlDbType.Text, static place => $"v.provider = {place}");
        When(filter.Statuses, NpgsqlDbType.Array | NpgsqlDbType.Text, static place => $"coalesce({Status}, '{RefreshStatus.None}') = any ({place})");
        When(filter.Use, NpgsqlDbType.Text, static place => $"{Use} = {place}");
        When(filter.Text, NpgsqlDbType.Text, place => $"strpos({texts}, lower({place})) > 0");
        return conditions;

        void When(object? value, NpgsqlDbType type, Func<string, string> condition)
        {
            if (value is not null)
            {
                command.Parameters.Add(Nullable(value, type));
                conditions += $" and {condition(string.Create(CultureInfo.InvariantCulture, $"${command.Parameters.Count}"))}";
            }
        }
    }

    // Nulls are last in both directions. The first page has no place: its parameters are null.
    private static string AddPlace(NpgsqlCommand command, CredentialSort sort, ListPlace? after)
    {
        var beyond = sort.IsDescending ? "<" : ">";
        if (sort.By == CredentialOrder.Name)
        {
            return $"($3 is null or c.name {beyond} $3)";
        }

        command.Parameters.Add(Nullable(after?.Value, TypeOf(sort)));
        var value = ValueOf(sort);
        return $"""
            ($3 is null or {value} {beyond} $5 or ({value} is null and $5 is not null) or ({value} is not distinct from $5 and c.name > $3))
            """;
    }

    // The use of a row is found once, which "offset 0" keeps so.
    private static string SourceOf(CredentialSort sort) =>
        sort.By == CredentialOrder.Use
            ? $"{CredentialStore.Current} cross join lateral (select {Use} as value offset 0) as used"
            : CredentialStore.Current;

    private static string ValueOf(CredentialSort sort) =>
        sort.By switch
        {
            CredentialOrder.Expires => CredentialStore.Expiry,
            CredentialOrder.Updated => "v.updated_at",
            CredentialOrder.Provider => """(v.provider collate "C")""",
            CredentialOrder.Type => """(v.type collate "C")""",
            CredentialOrder.Use => """(used.value collate "C")""",
            CredentialOrder.Status => $"array_position(array[{Quoted(RefreshStatus.ByUrgency.Select(static status => status.Value))}], {Status})",
            _ => "null",
        };

    private static NpgsqlDbType TypeOf(CredentialSort sort) =>
        sort.By switch
        {
            CredentialOrder.Expires or CredentialOrder.Updated => NpgsqlDbType.TimestampTz,
            CredentialOrder.Status => NpgsqlDbType.Integer,
            _ => NpgsqlDbType.Text,
        };

    private static ListedCredential Read(NpgsqlDataReader reader, CredentialSort sort)
    {
        const int Width = CredentialStore.MetadataWidth;
        var metadata = CredentialStore.ReadMetadata(reader);
        return new ListedCredential(
            metadata,
            reader.GetGuid(Width),
            reader.GetInt64(Width + 1),
            reader.GetFieldValue<DateTimeOffset>(Width + 2),
            !reader.IsDBNull(9) && reader.GetBoolean(9),
            ReadTime(reader, Width + 3),
            new ListPlace(metadata.Name, ReadValue(reader, Width + 6, sort))
        )
        {
            Expiry = ReadTime(reader, Width + 4),
            IsRenewable = reader.GetBoolean(Width + 5),
        };
    }

    private static object? ReadValue(NpgsqlDataReader reader, int column, CredentialSort sort) =>
        reader.IsDBNull(column) ? null
        : TypeOf(sort) == NpgsqlDbType.TimestampTz ? reader.GetFieldValue<DateTimeOffset>(column)
        : reader.GetValue(column);

    private static DateTimeOffset? ReadTime(NpgsqlDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);

    private static NpgsqlParameter Nullable(object? value, NpgsqlDbType type) => new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };

    private static string ConditionOf(PermittedUse.Fact fact)
    {
        var issuer = fact.Issuer is null ? "true" : $"issuer in ({Quoted(IssuerName.SpellingsOf(fact.Issuer))})";
        return fact.Type is null ? issuer : $"v.type = '{fact.Type}' and {issuer}";
    }

    private static string Quoted(IEnumerable<string> words) => string.Join(", ", words.Select(static word => $"'{word}'"));
}
