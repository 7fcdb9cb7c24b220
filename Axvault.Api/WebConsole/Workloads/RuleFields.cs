using System.Globalization;
using Axvault.Api.WebConsole.Keys;
using Axvault.Client;

namespace Axvault.Api.WebConsole.Workloads;

/// <summary>The fields of a rule's form, as texts.</summary>
/// <param name="Name">The name.</param>
/// <param name="Issuer">The name of the issuer.</param>
/// <param name="Audience">The audience.</param>
/// <param name="Subject">The subject; empty for any.</param>
/// <param name="Claims">The further claims: <c>name = value, value</c> in each line.</param>
/// <param name="Events">The accepted events of GitHub.</param>
/// <param name="Ttl">The lifetime of a key, in seconds.</param>
/// <param name="MaxKeys">The number of keys at a time.</param>
/// <param name="Rights">The rights and limits of the keys.</param>
public sealed record RuleFields(
    string Name,
    string Issuer,
    string Audience,
    string Subject,
    string Claims,
    string Events,
    string Ttl,
    string MaxKeys,
    RightsFields Rights
)
{
    /// <summary>Empty fields.</summary>
    internal static readonly RuleFields Empty = new("", "", "", "", "", "", "", "", RightsFields.Empty);

    /// <summary>Returns the fields of a form.</summary>
    internal static RuleFields Of(ConsoleVisit visit) =>
        new(
            visit.Text("name") ?? "",
            visit.Text("issuer") ?? "",
            visit.Text("audience") ?? "",
            visit.Text("subject") ?? "",
            visit.Text("claims") ?? "",
            visit.Text("events") ?? "",
            visit.Text("ttl") ?? "",
            visit.Text("max-keys") ?? "",
            RightsFields.Of(visit)
        );

    /// <summary>Returns the fields of a rule.</summary>
    internal static RuleFields Of(WorkloadRule rule) =>
        new(
            rule.Name,
            rule.Issuer,
            rule.Audience,
            rule.Subject ?? "",
            RightsFields.Lines((rule.Claims ?? new Dictionary<string, IReadOnlyList<string>>()).Select(Line)),
            RightsFields.Lines(rule.Events ?? []),
            rule.TtlSeconds?.ToString(CultureInfo.InvariantCulture) ?? "",
            rule.MaxKeys?.ToString(CultureInfo.InvariantCulture) ?? "",
            RightsFields.Of(Keys.Rights.Of(rule))
        );

    /// <summary>Returns the rule that the form describes.</summary>
    internal WorkloadRuleSettings ToSettings()
    {
        var rights = Rights.ToRights();
        return new WorkloadRuleSettings
        {
            Issuer = Issuer,
            Audience = Audience,
            Subject = Subject.Length == 0 ? null : Subject,
            Claims = ParseClaims(),
            Events = Events.Length == 0 ? null : RightsFields.Split(Events),
            ReadAccess = rights.Read,
            WriteAccess = rights.Write,
            UseAccess = rights.Use,
            GrantAccess = rights.Grant,
            AllowedCidrs = rights.Cidrs.Count == 0 ? null : rights.Cidrs,
            RequestsPerMinute = rights.RequestsPerMinute,
            TokensPerDay = rights.TokensPerDay,
            TtlSeconds = (int?)RightsFields.Number(Ttl, int.MaxValue),
            MaxKeys = (int?)RightsFields.Number(MaxKeys, int.MaxValue),
        };
    }

    private static string Line(KeyValuePair<string, IReadOnlyList<string>> claim) => $"{claim.Key} = {string.Join(", ", claim.Value)}";

    // A line without a sign of equality is a claim without values, which the API refuses by its name.
    private Dictionary<string, IReadOnlyList<string>>? ParseClaims()
    {
        var claims = new Dictionary<string, IReadOnlyList<string>>();
        foreach (var line in Claims.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var parts = line.Split('=', 2, StringSplitOptions.TrimEntries);
            claims[parts[0]] = parts.Length == 1 ? [] : parts[1].Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        }

        return claims.Count == 0 ? null : claims;
    }
}
