using System.Globalization;
using Axvault.Api.Authorization;
using Axvault.Api.Http;

namespace Axvault.Api.Audit.Reading;

/// <summary>Which entries somebody asks for, newest first.</summary>
internal sealed record AuditQuery
{
    /// <summary>The greatest number of entries in one page.</summary>
    public const int MaxLimit = 1000;

    private const int DefaultLimit = 100;

    /// <summary>The earliest time, included.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>The latest time, not included.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>One of <see cref="AuditAction"/>.</summary>
    public string? Action { get; init; }

    /// <summary>The name of an outcome.</summary>
    public string? Outcome { get; init; }

    /// <summary>The id of a key: what was done with it, and to it.</summary>
    public string? Key { get; init; }

    /// <summary>The name of a credential: what was done to it.</summary>
    public string? Credential { get; init; }

    /// <summary>The last entry that was seen.</summary>
    public (DateTimeOffset At, long Sequence)? After { get; init; }

    /// <summary>The greatest number of entries; <see langword="null"/> for all.</summary>
    public int? Limit { get; init; }

    /// <summary>Names an entry, for whoever wants to go on after it.</summary>
    public static string Cursor(DateTimeOffset at, long sequence) => string.Create(CultureInfo.InvariantCulture, $"{at.ToUnixTimeMilliseconds()}-{sequence}");

    /// <summary>Reads the query string.</summary>
    /// <param name="query">The query string.</param>
    /// <param name="errors">Takes what is wrong.</param>
    /// <param name="all">Whether everything is wanted when no limit is given: an export.</param>
    /// <param name="parsed">The query, when nothing is wrong.</param>
    public static bool TryParse(IQueryCollection query, FieldErrors errors, bool all, out AuditQuery parsed)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(errors);

        parsed = new AuditQuery
        {
            Since = Time("since"),
            Until = Time("until"),
            Action = OneOf("action", AuditAction.All),
            Outcome = OneOf("outcome", [AuditOutcome.Success.Name(), AuditOutcome.Denied.Name(), AuditOutcome.Failure.Name()]),
            Key = Checked("key", "must be the id of a key: k_ and 12 hexadecimal digits", static text => KeyId.TryParse(text, out _)),
            Credential = Checked("credential", CredentialName.Rule, static text => CredentialName.TryParse(text, out _)),
            After = After(),
            Limit = Limit(),
        };
        return errors.Count == 0;

        string? One(string name)
        {
            if (query[name] is { Count: > 1 })
            {
                errors.Report(name, "must be given once");
            }

            return query[name] is [{ } text] ? text : null;
        }

        string? Checked(string name, string rule, Func<string, bool> isValid)
        {
            if (One(name) is not { } text)
            {
                return null;
            }

            if (!isValid(text))
            {
                errors.Report(name, rule);
            }

            return text;
        }

        string? OneOf(string name, IReadOnlyList<string> values) => Checked(name, $"must be one of {string.Join(", ", values)}", values.Contains);

        DateTimeOffset? Time(string name) => Checked(name, Timestamp.Rule, static text => Timestamp.TryParse(text, out _)) is { } text && Timestamp.TryParse(text, out var time) ? time : null;

        int? Limit()
        {
            if (One("limit") is not { } text)
            {
                return all ? null : DefaultLimit;
            }

            if (text.Length > 0 && text.All(char.IsAsciiDigit) && text.TrimStart('0').Length > 0)
            {
                var limit = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : int.MaxValue;
                return all ? limit : Math.Min(limit, MaxLimit);
            }

            errors.Report("limit", "must be a whole number from 1 on");
            return null;
        }

        (DateTimeOffset, long)? After()
        {
            if (One("cursor") is not { } text)
            {
                return null;
            }

            if (text.Split('-') is [var at, var sequence]
                && long.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
                && milliseconds <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
                && long.TryParse(sequence, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                return (DateTimeOffset.FromUnixTimeMilliseconds(milliseconds), number);
            }

            errors.Report("cursor", "must be the nextCursor of an earlier answer");
            return null;
        }
    }
}
