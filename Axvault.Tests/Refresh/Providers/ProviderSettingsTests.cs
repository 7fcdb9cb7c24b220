using Axvault.Api.Refresh.Providers;
using CsCheck;
using Microsoft.Extensions.Configuration;
using static Axvault.Tests.Refresh.Providers.ProviderSettingsRead;

namespace Axvault.Tests.Refresh.Providers;

/// <summary>Valid settings of providers, and the providers known by default.</summary>
public sealed class ProviderSettingsTests
{
    [Fact]
    public void The_known_providers_need_no_setting()
    {
        var providers = Read();
        Assert.Equal(
            [
                ("anthropic", "https://platform.claude.com/v1/oauth/token", "9d1c250a-e61b-44d9-88ed-5944d1962f5e", GrantEncoding.Json, null, false),
                ("openai", "https://auth.openai.com/oauth/token", "app_EMoamEEZ73f0CkXaXp7hrann", GrantEncoding.Json, null, true),
                (
                    "gemini",
                    "https://oauth2.googleapis.com/token",
                    "681255809395-oo8ft2oprdrnp9e3aqf6av3hmdib135j.apps.googleusercontent.com",
                    GrantEncoding.Form,
                    "AXVAULT_OAUTH_GEMINI_CLIENT_SECRET",
                    false
                ),
                ("qwen", "https://chat.qwen.ai/api/v1/oauth2/token", "f0304373b74a44d2b584a3fb70ca9e56", GrantEncoding.Form, null, false),
            ],
            providers.Select(static provider =>
                (provider.Name, provider.TokenUrl.ToString(), provider.ClientId, provider.Encoding, provider.MissingSetting, provider.UnauthorizedIsFinal)
            )
        );
        Assert.All(providers, static provider =>
        {
            Assert.Null(provider.ClientSecret);
            Assert.Null(provider.Scope);
            Assert.Null(provider.DeviceUrl ?? provider.AuthorizeUrl ?? provider.RedirectUrl);
            Assert.Equal((ClientAuthentication.Body, TimeSpan.Zero), (provider.Authentication, provider.ReuseLeeway));
        });
    }

    [Fact]
    public void A_setting_replaces_only_its_own_default()
    {
        var openai = Read(("AXVAULT_OAUTH_OPENAI_TOKEN_URL", "https://other.example/t?x=1"), ("AXVAULT_OAUTH_OPENAI_ENCODING", "Form"))
            .Single(static provider => provider.Name == "openai");
        Assert.Equal(("https://other.example/t?x=1", GrantEncoding.Form), (openai.TokenUrl.ToString(), openai.Encoding));
        Assert.Equal(("app_EMoamEEZ73f0CkXaXp7hrann", true), (openai.ClientId, openai.UnauthorizedIsFinal));

        var gemini = Read(("AXVAULT_OAUTH_GEMINI_CLIENT_SECRET", "GOCSPX-s")).Single(static provider => provider.Name == "gemini");
        Assert.Equal(("GOCSPX-s", null), (gemini.ClientSecret!.Reveal(), gemini.MissingSetting));
        Assert.Equal("https://oauth2.googleapis.com/token", gemini.TokenUrl.ToString());
        Assert.Equal(4, Read(("AXVAULT_OAUTH_GEMINI_CLIENT_SECRET", "GOCSPX-s")).Count);
    }

    [Theory]
    [InlineData("GEMINI", "gemini")]
    [InlineData("GOOGLE", "gemini")]
    [InlineData("GEMINI_CLI", "gemini")]
    [InlineData("CLAUDE", "anthropic")]
    [InlineData("CLAUDE_CODE", "anthropic")]
    [InlineData("ANTHROPIC", "anthropic")]
    [InlineData("CODEX", "openai")]
    [InlineData("QWEN_CODE", "qwen")]
    [InlineData("openai", "openai")]
    public void A_provider_can_be_set_by_any_of_its_names(string name, string provider) =>
        Assert.Equal("id", Read(($"AXVAULT_OAUTH_{name}_CLIENT_ID", "id")).Single(known => known.Name == provider).ClientId);

    [Fact]
    public void Two_names_of_one_setting_must_have_the_same_value()
    {
        Assert.Equal(
            "s",
            Read(("AXVAULT_OAUTH_GOOGLE_CLIENT_SECRET", "s"), ("AXVAULT_OAUTH_GEMINI_CLIENT_SECRET", "s"))
                .Single(static provider => provider.Name == "gemini")
                .ClientSecret!.Reveal()
        );
        Assert.Matches(
            @"\AAXVAULT_OAUTH_G[A-Z]+_CLIENT_SECRET and AXVAULT_OAUTH_G[A-Z]+_CLIENT_SECRET: they are one setting, and differ\z",
            Assert.Single(Refused(("AXVAULT_OAUTH_GOOGLE_CLIENT_SECRET", Wrong + "1"), ("AXVAULT_OAUTH_GEMINI_CLIENT_SECRET", Wrong + "2")))
        );

        // Each name may be used for a different setting.
        var gemini = Read(("AXVAULT_OAUTH_GOOGLE_CLIENT_SECRET", "s"), ("AXVAULT_OAUTH_GEMINI_CLIENT_ID", "id"))
            .Single(static provider => provider.Name == "gemini");
        Assert.Equal(("s", "id"), (gemini.ClientSecret!.Reveal(), gemini.ClientId));
    }

    [Fact]
    public void Any_other_name_adds_a_provider()
    {
        var corp = Read(
            ("AXVAULT_OAUTH_MY_CORP_TOKEN_URL", "https://corp.example/token"),
            ("AXVAULT_OAUTH_MY_CORP_CLIENT_ID", "c"),
            ("AXVAULT_OAUTH_MY_CORP_CLIENT_SECRET", "s"),
            ("AXVAULT_OAUTH_MY_CORP_ENCODING", "JSON"),
            ("AXVAULT_OAUTH_MY_CORP_AUTH", "Basic"),
            ("AXVAULT_OAUTH_MY_CORP_SCOPE", "a b"),
            ("AXVAULT_OAUTH_MY_CORP_REUSE_LEEWAY", "30")
        )[^1];
        Assert.Equal(("my_corp", "https://corp.example/token", "c", "s"), (corp.Name, corp.TokenUrl.ToString(), corp.ClientId, corp.ClientSecret!.Reveal()));
        Assert.Equal(
            (GrantEncoding.Json, ClientAuthentication.Basic, "a b", TimeSpan.FromSeconds(30)),
            (corp.Encoding, corp.Authentication, corp.Scope, corp.ReuseLeeway)
        );
        Assert.Equal((null, false), (corp.MissingSetting, corp.UnauthorizedIsFinal));

        var plain = Read(
            ("AXVAULT_OAUTH_B_TOKEN_URL", "https://b.example"),
            ("AXVAULT_OAUTH_B_CLIENT_ID", "b"),
            ("AXVAULT_OAUTH_A_TOKEN_URL", "https://a.example"),
            ("AXVAULT_OAUTH_A_CLIENT_ID", "a")
        );
        Assert.Equal(["anthropic", "openai", "gemini", "qwen", "a", "b"], plain.Select(static provider => provider.Name));
        Assert.Equal(
            (GrantEncoding.Form, ClientAuthentication.Body, null, null, TimeSpan.Zero),
            (plain[^1].Encoding, plain[^1].Authentication, plain[^1].ClientSecret, plain[^1].Scope, plain[^1].ReuseLeeway)
        );
    }

    [Fact]
    public void An_empty_setting_counts_as_not_set() =>
        Assert.Equal(
            "9d1c250a-e61b-44d9-88ed-5944d1962f5e",
            Read(("AXVAULT_OAUTH_ANTHROPIC_CLIENT_ID", ""), ("AXVAULT_OAUTH_NOBODY_TOKEN_URL", ""), ("AXVAULT_OAUTH_NONSENSE", ""))[0].ClientId
        );

    [Theory]
    [InlineData("https://h")]
    [InlineData("HTTPS://h:444/p?q")]
    [InlineData("http://localhost/t")]
    [InlineData("http://LOCALHOST:1/t")]
    [InlineData("http://127.0.0.1:9/t")]
    [InlineData("http://127.8.9.10/t")]
    [InlineData("http://[::1]/t")]
    [InlineData("http://loopback/t")] // .NET counts it as loopback
    public void A_token_url_is_https_or_http_on_loopback(string url) =>
        Assert.Equal(new Uri(url), Read(("AXVAULT_OAUTH_OPENAI_TOKEN_URL", url)).Single(static provider => provider.Name == "openai").TokenUrl);

    [Theory]
    [InlineData("0", 0)]
    [InlineData("3600", 3600)]
    public void A_leeway_is_a_number_of_seconds(string text, int seconds) =>
        Assert.Equal(
            TimeSpan.FromSeconds(seconds),
            Read(("AXVAULT_OAUTH_OPENAI_REUSE_LEEWAY", text)).Single(static provider => provider.Name == "openai").ReuseLeeway
        );

    [Theory]
    [InlineData("s3cret")]
    [InlineData("s3cret\n")]
    [InlineData("s3cret\r\n")]
    [InlineData("\ufeffs3cret\n\n")]
    public void A_secret_is_read_from_a_file_without_the_line_end(string content)
    {
        using var file = new TemporaryFile(System.Text.Encoding.UTF8.GetBytes(content));
        var gemini = Read(("AXVAULT_OAUTH_GOOGLE_CLIENT_SECRET_FILE", file.Path)).Single(static provider => provider.Name == "gemini");
        Assert.Equal(("s3cret", null), (gemini.ClientSecret!.Reveal(), gemini.MissingSetting));
    }

    [Fact]
    public void A_printed_provider_shows_no_secret() =>
        Assert.DoesNotContain(
            "s3cret",
            Read(("AXVAULT_OAUTH_OPENAI_CLIENT_SECRET", "s3cret")).Single(static provider => provider.Name == "openai").ToString(),
            StringComparison.Ordinal
        );
}
