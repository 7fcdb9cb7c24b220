using System.Security.Cryptography;
using System.Text;
using Axvault.Api.Refresh.Grants;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace Axvault.Api.Credentials.Login;

/// <summary>The answer of an authorization endpoint, as a person pastes it (RFC 6749 §4.1.2). Never printed, because it holds the code.</summary>
internal sealed class PastedAnswer
{
    /// <summary>The rule, in words for an error message.</summary>
    public const string Rule =
        "must be the whole address to which the browser was sent, or the code and the state that the last page shows, with # between them";

    private PastedAnswer(string? code, string? error) => (Code, Error) = (code, error);

    /// <summary>The authorization code; <see langword="null"/> when the provider refused the login.</summary>
    public string? Code { get; }

    /// <summary>The provider's refusal, one of the codes in <see cref="RefreshError"/>.</summary>
    public string? Error { get; }

    /// <summary>Reads what was pasted; <see langword="null"/> when it has no code, or another state than <paramref name="state"/>.</summary>
    /// <param name="text">The address, or the code, <c>#</c> and the state.</param>
    /// <param name="state">The state of the login. Another one belongs to another login, which someone else may have begun.</param>
    public static PastedAnswer? Read(string text, string state)
    {
        // https://app.example/callback?code=…&state=…
        var query = text.IndexOf('?', StringComparison.Ordinal);
        if (query >= 0)
        {
            var members = QueryHelpers.ParseQuery(text[query..].Split('#')[0]);
            return !IsState(Only(members, "state"), state) ? null
                : Only(members, "error") is { } error ? new PastedAnswer(null, RefreshError.IsKnown(error) ? error : RefreshError.UnexpectedAnswer)
                : Only(members, "code") is { } code ? new PastedAnswer(code, null)
                : null;
        }

        // code#state
        return text.Split('#') is [{ Length: > 0 } shown, var beside] && IsState(beside, state) ? new PastedAnswer(shown, null) : null;
    }

    /// <inheritdoc />
    public override string ToString() => "…";

    private static string? Only(Dictionary<string, StringValues> members, string name) =>
        members.GetValueOrDefault(name) is [{ Length: > 0 } value] ? value : null;

    private static bool IsState(string? said, string state) =>
        said is not null && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(said), Encoding.UTF8.GetBytes(state));
}
