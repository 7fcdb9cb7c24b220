using Axvault.Api.WebConsole.Credentials;
using Axvault.Api.WebConsole.Keys;
using Axvault.Api.WebConsole.Layout;
using Axvault.Client;

namespace Axvault.Tests.WebConsole;

/// <summary>Access, rights and health in words.</summary>
public sealed class ConsoleWordsTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 15, 10, 30, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("claude.prod", "*", "", "", "reads")]
    [InlineData("claude.prod", "claude.*", "claude.prod", "*", "reads writes uses")]
    [InlineData("claude.prod", "claude.production", "claude", "prod", "")]
    [InlineData("claude", "claude.*", "", "claude*", "uses")]
    [InlineData("claude.prod", "Claude.*", "CLAUDE.PROD", "", "")]
    [InlineData("claude.prod", "", "", "", "")]
    public void A_key_may_what_its_lists_say_of_a_name(string name, string read, string write, string use, string expected)
    {
        Assert.Equal(Split(expected), AccessWords.Of(name, Split(read), Split(write), Split(use)));
    }

    [Theory]
    [InlineData("", "", "", "", "May do nothing.")]
    [InlineData("*", "", "", "", "Reads every credential, with access tokens and keys in the clear.")]
    [InlineData("a b.* c", "", "", "", "Reads a, every name that starts with b. and c, with access tokens and keys in the clear.")]
    [InlineData("", "a *", "", "", "Stores, refreshes, restores and deletes every credential.")]
    [InlineData("", "", "a", "", "Uses a through the broker, and never sees the credential itself.")]
    [InlineData("", "", "", "a.*", "Makes keys for every name that starts with a..")]
    [InlineData("", "", "", "a *", "Is an administrator: it makes and ends keys of any right, and sees keys, rules, issuers, servers and the audit log.")]
    public void A_right_is_a_sentence(string read, string write, string use, string grant, string expected)
    {
        var rights = new Rights(Split(read), Split(write), Split(use), Split(grant), [], null, null);

        Assert.Equal(expected, Assert.Single(KeyWords.Describe(rights, null)));
    }

    [Fact]
    public void A_limit_is_a_sentence_after_the_rights()
    {
        var rights = new Rights([], [], ["*"], [], ["10.0.0.0/8", "fd00::/8"], 1, 1_000_000);

        Assert.Equal(
            [
                "Uses every credential through the broker, and never sees the credential itself.",
                "Makes at most 1 call a minute through the broker.",
                "Uses at most 1\u202F000\u202F000 tokens a day through the broker.",
                "Works only from 10.0.0.0/8 and fd00::/8.",
                "Ends at 2026-01-15 09:30 UTC.",
            ],
            KeyWords.Describe(rights, new DateTimeOffset(2026, 1, 15, 10, 30, 0, TimeSpan.FromHours(1)))
        );
    }

    [Theory]
    [InlineData("failed", "invalid_grant", Tone.Bad, "failed", "codex login, then axvault push --agent codex a")]
    [InlineData("misconfigured", "invalid_client", Tone.Bad, "misconfigured", "Correct the settings")]
    [InlineData("not_configured", null, Tone.Warn, "not configured", "Set its token endpoint")]
    [InlineData("unknown", "unknown_expiry", Tone.Warn, "unknown expiry", "with its expiry")]
    [InlineData("unknown", "timeout", Tone.Warn, "unknown", "refresh with force")]
    [InlineData("retrying", "http_500", Tone.Warn, "retrying", "tries again by itself")]
    [InlineData("ok", null, Tone.Good, "ok", null)]
    [InlineData("to come", null, Tone.Plain, "to come", null)]
    public void A_status_of_a_refresh_is_a_word_and_an_advice(string status, string? error, Tone tone, string word, string? advice)
    {
        var health = CredentialHealth.Of(Credential(CredentialTypes.OAuthCredentials, -1, new RefreshState { Status = status, Error = error }), Now);

        Assert.Equal((tone, word), (health.Tone, health.Word));
        Assert.Contains(advice ?? "", health.Advice ?? "", StringComparison.Ordinal);
        Assert.Equal(advice is null, health.Advice is null);
    }

    [Fact]
    public void An_unreadable_answer_is_told_with_the_call_that_reads_it()
    {
        var refresh = new RefreshState { Status = "unknown", UnreadableAnswer = true };

        var health = CredentialHealth.Of(Credential(CredentialTypes.OAuthCredentials, 1, refresh), Now);

        Assert.Equal(Tone.Bad, health.Tone);
        Assert.Contains("unreadable-answer", health.Advice, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(CredentialTypes.ApiKey, null, "ok")]
    [InlineData(CredentialTypes.ApiKey, 48.0, "ok")]
    [InlineData(CredentialTypes.ApiKey, 23.0, "ends soon")]
    [InlineData(CredentialTypes.OAuthToken, 0.0, "expired")]
    [InlineData(CredentialTypes.OAuthToken, -1.0, "expired")]
    [InlineData(CredentialTypes.OAuthCredentials, -1.0, "ok")]
    public void A_credential_that_nothing_renews_is_as_well_as_its_expiry_says(string type, double? hours, string word)
    {
        Assert.Equal(word, CredentialHealth.Of(Credential(type, hours, null), Now).Word);
    }

    [Theory]
    [InlineData(true, -1.0, null, "ok")]
    [InlineData(false, -1.0, null, "expired")]
    [InlineData(false, null, -1.0, "expired")]
    [InlineData(false, 48.0, -1.0, "expired")]
    [InlineData(false, -1.0, 48.0, "ok")]
    [InlineData(false, null, 1.0, "ends soon")]
    [InlineData(false, null, null, "ok")]
    public void A_login_that_nothing_renews_ends_with_its_access_token(bool isRenewed, double? hours, double? told, string word)
    {
        foreach (var refresh in new[] { null, new RefreshState { Status = "ok" } })
        {
            var health = CredentialHealth.Of(Credential(CredentialTypes.OAuthCredentials, hours, refresh, isRenewed, told), Now);

            Assert.Equal(word, health.Word);
            Assert.Equal(word == "ok", health.Advice is null);
            Assert.EndsWith(word == "ok" ? "" : "codex login, then axvault push --agent codex a", health.Advice ?? "", StringComparison.Ordinal);
        }
    }

    private static Credential Credential(string type, double? hours, RefreshState? refresh, bool? isRenewed = null, double? told = null) =>
        new()
        {
            Name = "a",
            Renewed = isRenewed,
            TokenExpiresAt = told is { } toldLeft ? Now.AddHours(toldLeft) : null,
            Type = type,
            Agent = "codex",
            ExpiresAt = hours is { } left ? Now.AddHours(left) : null,
            CreatedAt = Now,
            UpdatedAt = Now,
            Refresh = refresh,
        };

    private static string[] Split(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
