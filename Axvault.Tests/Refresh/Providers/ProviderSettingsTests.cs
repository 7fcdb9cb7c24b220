using Axvault.Api.Refresh.Providers;
using CsCheck;
using Microsoft.Extensions.Configuration;

namespace Axvault.Tests.Refresh.Providers;

public sealed class ProviderSettingsTests
{
    // Nothing in here is a piece of any message.
    private const string Wrong = "Wr0ngX";

    [Fact]
    public void The_known_providers_are_there_without_a_setting()
    {
        var providers = Read();
        Assert.Equal(
            [
                ("anthropic", "https://platform.claude.com/v1/oauth/token", "9d1c250a-e61b-44d9-88ed-5944d1962f5e", GrantEncoding.Json, null, false),
                ("openai", "https://auth.openai.com/oauth/token", "app_EMoamEEZ73f0CkXaXp7hrann", GrantEncoding.Json, null, true),
                ("gemini", "https://oauth2.googleapis.com/token", "681255809395-oo8ft2oprdrnp9e3aqf6av3hmdib135j.apps.googleusercontent.com", GrantEncoding.Form, "AXVAULT_OAUTH_GEMINI_CLIENT_SECRET", false),
                ("qwen", "https://chat.qwen.ai/api/v1/oauth2/token", "f0304373b74a44d2b584a3fb70ca9e56", GrantEncoding.Form, null, false),
            ],
            providers.Select(static provider => (provider.Name, provider.TokenUrl.ToString(), provider.ClientId, provider.Encoding, provider.MissingSetting, provider.UnauthorizedIsFinal)));
        Assert.All(providers, static provider =>
        {
            Assert.Null(provider.ClientSecret);
            Assert.Null(provider.Scope);
            Assert.Equal((ClientAuthentication.Body, TimeSpan.Zero), (provider.Authentication, provider.ReuseLeeway));
        });
    }

    [Fact]
    public void A_setting_replaces_that_of_a_known_provider_and_no_other()
    {
        var openai = Read(("AXVAULT_OAUTH_OPENAI_TOKEN_URL", "https://other.example/t?x=1"), ("AXVAULT_OAUTH_OPENAI_ENCODING", "Form")).Single(static provider => provider.Name == "openai");
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
    public void A_provider_is_set_by_any_of_its_names(string name, string provider) =>
        Assert.Equal("id", Read(($"AXVAULT_OAUTH_{name}_CLIENT_ID", "id")).Single(known => known.Name == provider).ClientId);

    [Fact]
    public void Two_names_of_one_setting_may_agree_and_must_not_differ()
    {
        Assert.Equal("s", Read(("AXVAULT_OAUTH_GOOGLE_CLIENT_SECRET", "s"), ("AXVAULT_OAUTH_GEMINI_CLIENT_SECRET", "s")).Single(static provider => provider.Name == "gemini").ClientSecret!.Reveal());
        Assert.Matches(
            @"\AAXVAULT_OAUTH_G[A-Z]+_CLIENT_SECRET and AXVAULT_OAUTH_G[A-Z]+_CLIENT_SECRET: they are one setting, and differ\z",
            Assert.Single(Refused(("AXVAULT_OAUTH_GOOGLE_CLIENT_SECRET", Wrong + "1"), ("AXVAULT_OAUTH_GEMINI_CLIENT_SECRET", Wrong + "2"))));

        // One name for one setting, the other for another.
        var gemini = Read(("AXVAULT_OAUTH_GOOGLE_CLIENT_SECRET", "s"), ("AXVAULT_OAUTH_GEMINI_CLIENT_ID", "id")).Single(static provider => provider.Name == "gemini");
        Assert.Equal(("s", "id"), (gemini.ClientSecret!.Reveal(), gemini.ClientId));
    }

    [Fact]
    public void Any_other_name_is_a_provider_of_the_operators()
    {
        var corp = Read(
            ("AXVAULT_OAUTH_MY_CORP_TOKEN_URL", "https://corp.example/token"),
            ("AXVAULT_OAUTH_MY_CORP_CLIENT_ID", "c"),
            ("AXVAULT_OAUTH_MY_CORP_CLIENT_SECRET", "s"),
            ("AXVAULT_OAUTH_MY_CORP_ENCODING", "JSON"),
            ("AXVAULT_OAUTH_MY_CORP_AUTH", "Basic"),
            ("AXVAULT_OAUTH_MY_CORP_SCOPE", "a b"),
            ("AXVAULT_OAUTH_MY_CORP_REUSE_LEEWAY", "30"))[^1];
        Assert.Equal(("my_corp", "https://corp.example/token", "c", "s"), (corp.Name, corp.TokenUrl.ToString(), corp.ClientId, corp.ClientSecret!.Reveal()));
        Assert.Equal((GrantEncoding.Json, ClientAuthentication.Basic, "a b", TimeSpan.FromSeconds(30)), (corp.Encoding, corp.Authentication, corp.Scope, corp.ReuseLeeway));
        Assert.Equal((null, false), (corp.MissingSetting, corp.UnauthorizedIsFinal));

        var plain = Read(("AXVAULT_OAUTH_B_TOKEN_URL", "https://b.example"), ("AXVAULT_OAUTH_B_CLIENT_ID", "b"), ("AXVAULT_OAUTH_A_TOKEN_URL", "https://a.example"), ("AXVAULT_OAUTH_A_CLIENT_ID", "a"));
        Assert.Equal(["anthropic", "openai", "gemini", "qwen", "a", "b"], plain.Select(static provider => provider.Name));
        Assert.Equal((GrantEncoding.Form, ClientAuthentication.Body, null, null, TimeSpan.Zero), (plain[^1].Encoding, plain[^1].Authentication, plain[^1].ClientSecret, plain[^1].Scope, plain[^1].ReuseLeeway));
    }

    [Fact]
    public void An_empty_setting_is_one_that_is_not_set() =>
        Assert.Equal("9d1c250a-e61b-44d9-88ed-5944d1962f5e", Read(("AXVAULT_OAUTH_ANTHROPIC_CLIENT_ID", ""), ("AXVAULT_OAUTH_NOBODY_TOKEN_URL", ""), ("AXVAULT_OAUTH_NONSENSE", ""))[0].ClientId);

    [Theory]
    [InlineData("https://h")]
    [InlineData("HTTPS://h:444/p?q")]
    [InlineData("http://localhost/t")]
    [InlineData("http://LOCALHOST:1/t")]
    [InlineData("http://127.0.0.1:9/t")]
    [InlineData("http://127.8.9.10/t")]
    [InlineData("http://[::1]/t")]
    [InlineData("http://loopback/t")] // another name of localhost, to the framework
    public void A_token_url_is_https_or_http_on_loopback(string url) => Assert.Equal(new Uri(url), Read(("AXVAULT_OAUTH_OPENAI_TOKEN_URL", url)).Single(static provider => provider.Name == "openai").TokenUrl);

    [Theory]
    [InlineData("http://h/Wr0ngX")]
    [InlineData("http://localhost.example/Wr0ngX")]
    [InlineData("http://127.0.0.1.example/Wr0ngX")]
    [InlineData("http://10.0.0.1/Wr0ngX")]
    [InlineData("http://0.0.0.0/Wr0ngX")]
    [InlineData("http://[::]/Wr0ngX")]
    [InlineData("http://Wr0ngX.localhost/")]
    [InlineData("ftp://127.0.0.1/Wr0ngX")]
    [InlineData("file:///Wr0ngX")]
    [InlineData("/Wr0ngX")]
    [InlineData("Wr0ngX")]
    [InlineData("h/Wr0ngX")]
    [InlineData("https://Wr0ngX@h/")]
    [InlineData("https://u:Wr0ngX@h/")]
    [InlineData("https://h/#Wr0ngX")]
    [InlineData("https:///Wr0ngX")]
    [InlineData("https://h:99999/Wr0ngX")]
    public void Any_other_token_url_is_refused_without_repeating_it(string url)
    {
        var problem = Assert.Single(Refused(("AXVAULT_OAUTH_OPENAI_TOKEN_URL", url)));
        Assert.Equal("AXVAULT_OAUTH_OPENAI_TOKEN_URL: expected an https URL, or an http one on loopback, without user or fragment", problem);
    }

    [Theory]
    [InlineData("AXVAULT_OAUTH_OPENAI_ENCODING", "AXVAULT_OAUTH_OPENAI_ENCODING: expected form or json")]
    [InlineData("AXVAULT_OAUTH_OPENAI_AUTH", "AXVAULT_OAUTH_OPENAI_AUTH: expected body or basic")]
    [InlineData("AXVAULT_OAUTH_OPENAI_REUSE_LEEWAY", "AXVAULT_OAUTH_OPENAI_REUSE_LEEWAY: expected a whole number of seconds from 0 to 3600")]
    [InlineData("AXVAULT_OAUTH_CODEX_AUTH", "AXVAULT_OAUTH_CODEX_AUTH: expected body or basic")]
    [InlineData("AXVAULT_OAUTH_OPENAI_CLIENTID", "AXVAULT_OAUTH_OPENAI_CLIENTID: expected AXVAULT_OAUTH_<NAME>_ and one of TOKEN_URL, CLIENT_ID, CLIENT_SECRET_FILE, CLIENT_SECRET, ENCODING, AUTH, SCOPE, REUSE_LEEWAY")]
    [InlineData("AXVAULT_OAUTH_TOKEN_URL", "AXVAULT_OAUTH_TOKEN_URL: expected AXVAULT_OAUTH_<NAME>_ and one of TOKEN_URL, CLIENT_ID, CLIENT_SECRET_FILE, CLIENT_SECRET, ENCODING, AUTH, SCOPE, REUSE_LEEWAY")]
    [InlineData("AXVAULT_OAUTH__SCOPE", "AXVAULT_OAUTH__SCOPE: expected AXVAULT_OAUTH_<NAME>_ and one of TOKEN_URL, CLIENT_ID, CLIENT_SECRET_FILE, CLIENT_SECRET, ENCODING, AUTH, SCOPE, REUSE_LEEWAY")]
    [InlineData("AXVAULT_OAUTH_", "AXVAULT_OAUTH_: expected AXVAULT_OAUTH_<NAME>_ and one of TOKEN_URL, CLIENT_ID, CLIENT_SECRET_FILE, CLIENT_SECRET, ENCODING, AUTH, SCOPE, REUSE_LEEWAY")]
    public void A_wrong_setting_is_named_with_what_was_expected(string variable, string problem) => Assert.Equal(problem, Assert.Single(Refused((variable, Wrong))));

    [Theory]
    [InlineData("0", 0)]
    [InlineData("3600", 3600)]
    public void A_leeway_is_a_number_of_seconds(string text, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Read(("AXVAULT_OAUTH_OPENAI_REUSE_LEEWAY", text)).Single(static provider => provider.Name == "openai").ReuseLeeway);

    [Theory]
    [InlineData("3601")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData("1.5")]
    [InlineData(" 1")]
    [InlineData("99999999999")]
    [InlineData("30s")]
    public void Any_other_leeway_is_refused(string text) => Assert.StartsWith("AXVAULT_OAUTH_OPENAI_REUSE_LEEWAY: ", Assert.Single(Refused(("AXVAULT_OAUTH_OPENAI_REUSE_LEEWAY", text))), StringComparison.Ordinal);

    [Fact]
    public void A_provider_that_is_not_known_needs_a_url_and_a_client_id()
    {
        Assert.Equal(
            ["AXVAULT_OAUTH_CORP_CLIENT_ID: expected, for it is not a provider that is known by default"],
            Refused(("AXVAULT_OAUTH_CORP_TOKEN_URL", "https://h")));
        Assert.Equal(
            ["AXVAULT_OAUTH_CORP_TOKEN_URL: expected, for it is not a provider that is known by default"],
            Refused(("AXVAULT_OAUTH_CORP_CLIENT_ID", Wrong)));
        Assert.Equal(2, Refused(("AXVAULT_OAUTH_CORP_SCOPE", Wrong)).Count);
    }

    [Fact]
    public void Basic_needs_a_secret() =>
        Assert.Equal("AXVAULT_OAUTH_OPENAI_AUTH: basic needs a AXVAULT_OAUTH_OPENAI_CLIENT_SECRET", Assert.Single(Refused(("AXVAULT_OAUTH_OPENAI_AUTH", "basic"))));

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
    public void A_file_that_holds_no_secret_is_refused_without_its_path()
    {
        using var empty = new TemporaryFile([]);
        using var blank = new TemporaryFile("\r\n\n"u8.ToArray());
        using var large = new TemporaryFile(new byte[(64 * 1024) + 1]);
        using var binary = new TemporaryFile([0x80, 0x81, 0xFF]);
        foreach (var path in new[] { empty.Path, blank.Path, large.Path, binary.Path, empty.Path + ".missing", Path.GetTempPath(), "a\0b" })
        {
            var problem = Assert.Single(Refused(("AXVAULT_OAUTH_GEMINI_CLIENT_SECRET_FILE", path)));
            Assert.StartsWith("AXVAULT_OAUTH_GEMINI_CLIENT_SECRET_FILE: ", problem, StringComparison.Ordinal);
            Assert.DoesNotContain(path, problem, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_secret_and_a_file_are_not_given_both()
    {
        using var file = new TemporaryFile("s3cret"u8.ToArray());
        Assert.Equal(
            "AXVAULT_OAUTH_GOOGLE_CLIENT_SECRET: set it or AXVAULT_OAUTH_GEMINI_CLIENT_SECRET_FILE, not both",
            Assert.Single(Refused(("AXVAULT_OAUTH_GOOGLE_CLIENT_SECRET", Wrong), ("AXVAULT_OAUTH_GEMINI_CLIENT_SECRET_FILE", file.Path))));
    }

    [Fact]
    public void Everything_that_is_wrong_is_said_at_once_and_no_value_is_repeated()
    {
        var problems = Refused(
            ("AXVAULT_OAUTH_OPENAI_TOKEN_URL", Wrong),
            ("AXVAULT_OAUTH_OPENAI_ENCODING", Wrong),
            ("AXVAULT_OAUTH_OPENAI_AUTH", Wrong),
            ("AXVAULT_OAUTH_OPENAI_REUSE_LEEWAY", Wrong),
            ("AXVAULT_OAUTH_OPENAI_CLIENT_SECRET_FILE", "/" + Wrong),
            ("AXVAULT_OAUTH_CORP_SCOPE", Wrong),
            ("AXVAULT_OAUTH_CORP_CLIENT_SECRET", Wrong),
            ("AXVAULT_OAUTH_NONSENSE", Wrong),
            ("AXVAULT_OAUTH_GOOGLE_CLIENT_SECRET", Wrong + "1"),
            ("AXVAULT_OAUTH_GEMINI_CLIENT_SECRET", Wrong + "2"));
        Assert.Equal(9, problems.Count);
        Assert.All(problems, static problem =>
        {
            Assert.Matches(@"\AAXVAULT_OAUTH_[A-Z_]+(: | and )", problem);
            Assert.DoesNotContain(Wrong, problem, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain('\n', problem);
        });
    }

    [Fact]
    public void No_setting_whatever_its_value_makes_the_reader_throw_or_repeat_it() =>
        Gen.Select(Gen.OneOf<string>("TOKEN_URL", "CLIENT_ID", "CLIENT_SECRET", "CLIENT_SECRET_FILE", "ENCODING", "AUTH", "SCOPE", "REUSE_LEEWAY", "X"), Gen.String).Sample(static (suffix, value) =>
        {
            var problems = new List<string>();
            ProviderSettings.Read(Configuration(($"AXVAULT_OAUTH_CORP_{suffix}", value)), problems);
            return value.Length < 4 || problems.All(problem => !problem.Contains(value, StringComparison.Ordinal));
        });

    [Fact]
    public void A_provider_that_is_printed_shows_no_secret() =>
        Assert.DoesNotContain("s3cret", Read(("AXVAULT_OAUTH_OPENAI_CLIENT_SECRET", "s3cret")).Single(static provider => provider.Name == "openai").ToString(), StringComparison.Ordinal);

    private static IReadOnlyList<OAuthProvider> Read(params (string Name, string Value)[] settings)
    {
        var problems = new List<string>();
        var providers = ProviderSettings.Read(Configuration(settings), problems);
        Assert.Empty(problems);
        return providers;
    }

    private static List<string> Refused(params (string Name, string Value)[] settings)
    {
        var problems = new List<string>();
        ProviderSettings.Read(Configuration(settings), problems);
        return problems;
    }

    private static IConfiguration Configuration(params (string Name, string Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(static setting => new KeyValuePair<string, string?>(setting.Name, setting.Value))).Build();

    private sealed class TemporaryFile : IDisposable
    {
        public TemporaryFile(byte[] content) => File.WriteAllBytes(Path, content);

        public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"axvault-test-{Guid.NewGuid():n}");

        public void Dispose() => File.Delete(Path);
    }
}
