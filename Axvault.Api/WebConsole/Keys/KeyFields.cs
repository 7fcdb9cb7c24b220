using System.Globalization;
using Axvault.Client;

namespace Axvault.Api.WebConsole.Keys;

/// <summary>The fields of a key's form, as texts.</summary>
/// <param name="Name">A name for people.</param>
/// <param name="ExpiresAt">The end, as the browser's field writes it, in UTC.</param>
/// <param name="Rights">The rights and limits.</param>
public sealed record KeyFields(string Name, string ExpiresAt, RightsFields Rights)
{
    private const string TimeForm = "yyyy-MM-dd'T'HH:mm";

    /// <summary>Empty fields.</summary>
    internal static readonly KeyFields Empty = new("", "", RightsFields.Empty);

    // A text that is no time becomes one that the API refuses: never a key without an end.
    private DateTimeOffset? Time =>
        ExpiresAt.Length == 0 ? null
        : DateTimeOffset.TryParse(ExpiresAt, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time
        : DateTimeOffset.UnixEpoch;

    /// <summary>Returns the fields of a form.</summary>
    internal static KeyFields Of(ConsoleVisit visit) => new(visit.Text("name") ?? "", visit.Text("expires") ?? "", RightsFields.Of(visit));

    /// <summary>Returns the fields of a key.</summary>
    internal static KeyFields Of(ApiKey key) =>
        new(
            key.Name,
            key.ExpiresAt?.ToUniversalTime().ToString(TimeForm, CultureInfo.InvariantCulture) ?? "",
            RightsFields.Of(Keys.Rights.Of(key))
        );

    /// <summary>Returns the new key that the form describes.</summary>
    internal NewApiKey ToNewKey()
    {
        var rights = Rights.ToRights();
        return new NewApiKey(Name)
        {
            ReadAccess = rights.Read,
            WriteAccess = rights.Write,
            UseAccess = rights.Use,
            GrantAccess = rights.Grant,
            ExpiresAt = Time,
            AllowedCidrs = rights.Cidrs,
            RequestsPerMinute = rights.RequestsPerMinute,
            TokensPerDay = rights.TokensPerDay,
        };
    }

    /// <summary>Returns the change that the form describes.</summary>
    internal ApiKeyChange ToChange()
    {
        var rights = Rights.ToRights();
        return new ApiKeyChange
        {
            Name = Name,
            ReadAccess = rights.Read,
            WriteAccess = rights.Write,
            UseAccess = rights.Use,
            GrantAccess = rights.Grant,
            ExpiresAt = Time,
            NeverExpires = ExpiresAt.Length == 0,
            AllowedCidrs = rights.Cidrs,
            RequestsPerMinute = rights.RequestsPerMinute ?? 0,
            TokensPerDay = rights.TokensPerDay ?? 0,
        };
    }
}
