using System.Globalization;

namespace Axvault.Api.WebConsole.Credentials;

/// <summary>The fields of a put's form, without the data.</summary>
/// <param name="Name">The name of the credential.</param>
/// <param name="Kind">The kind: an agent whose file it is, <c>login</c>, <c>oauth-token</c> or <c>api-key</c>; empty to recognize it.</param>
/// <param name="Provider">The provider; empty when the agent tells it.</param>
/// <param name="ExpiresAt">The expiry, as the browser's field writes it, in UTC; empty when the data tell it.</param>
/// <param name="Title">A name for people.</param>
/// <param name="Notes">Free text.</param>
/// <param name="Force"><see langword="true"/> to store a spent refresh token, too; otherwise <see langword="false"/>.</param>
public sealed record PutFields(string Name, string Kind, string Provider, string ExpiresAt, string Title, string Notes, bool Force)
{
    /// <summary>The expiry; <see langword="null"/> when the data tell it.</summary>
    internal DateTimeOffset? Expiry =>
        DateTimeOffset.TryParse(ExpiresAt, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;

    /// <summary>Returns the fields of a form.</summary>
    internal static PutFields Of(ConsoleVisit visit) =>
        new(
            visit.Text("name") ?? "",
            visit.Text("kind") ?? "",
            visit.Text("provider") ?? "",
            visit.Text("expires") ?? "",
            visit.Text("title") ?? "",
            visit.Text("notes") ?? "",
            visit.IsTicked("force")
        );
}
