using System.Text.RegularExpressions;
using Axvault.Api.Refresh.Grants;

namespace Axvault.Fuzz.Targets;

/// <summary>Answers of a token endpoint. Empty tokens are not taken, a lifetime is within its bounds, and only a known error code is repeated.</summary>
internal sealed partial class TokenResponseTarget : FuzzTarget
{
    /// <inheritdoc />
    public override string Name => "token-response";

    /// <inheritdoc />
    public override IReadOnlyList<string> Tokens =>
        [
            "\"access_token\":\"a\"",
            "\"refresh_token\":\"r\"",
            "\"id_token\":\"i\"",
            "\"expires_in\":",
            "\"refresh_token_expires_in\":",
            "\"error\":",
            "\"code\":",
            "\"type\":",
            "\"invalid_grant\"",
            "\"accessToken\":\"a\"",
            "\"expires_at\":",
            "\"errors\":[{\"code\":",
            "\"data\":{",
            "access_token=a&",
            "\"2026-01-15T10:30:00Z\"",
            "\u001F\u008B",
            "\\ud800",
            "null",
            "{",
            "}",
            "[",
            ",",
            "\uFEFF",
        ];

    /// <inheritdoc />
    public override void Run(ReadOnlySpan<byte> input)
    {
        foreach (var coding in (string[])["gzip", "deflate", "br"])
        {
            Holds(AnswerBody.Decode(input.ToArray(), [coding]).Length <= AnswerBody.MaxBytes, "a decoded answer is within its bounds");
        }

        var (code, isError, issued) = TokenResponse.Read(AnswerBody.Decode(input.ToArray(), []));
        Holds(issued is null || (code is null && !isError), "an answer is either tokens or an error");
        if (issued is not null)
        {
            string?[] tokens = [issued.AccessToken, issued.RefreshToken, issued.IdToken];
            Holds(
                Array.Exists(tokens, static token => token is not null) && !Array.Exists(tokens, static token => token is ""),
                "an answer has a token, and none is empty"
            );
            TimeSpan?[] lifetimes = [issued.ExpiresIn, issued.RefreshTokenExpiresIn];
            Holds(
                Array.TrueForAll(lifetimes, static lifetime => lifetime is null || (lifetime >= TimeSpan.Zero && lifetime <= TimeSpan.FromDays(3650))),
                "a lifetime is within its bounds"
            );
        }

        // The constraint credential_refresh_error_is_a_code of the table accepts this form.
        Holds(Code().IsMatch(RefreshError.Of(code, 400)), "an error is a code");
    }

    [GeneratedRegex(@"\A[a-z0-9_]{1,64}\z")]
    private static partial Regex Code();
}
