using Axvault.Api.Refresh.Providers;
using Axvault.Api.Settings;
using CsCheck;
using Microsoft.Extensions.Configuration;
using static Axvault.Tests.Refresh.Providers.ProviderSettingsRead;

namespace Axvault.Tests.Refresh.Providers;

/// <summary>Invalid settings of providers are refused, and no error repeats a value.</summary>
public sealed class ProviderSettingsErrorTests
{
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
    public void An_invalid_url_is_refused_without_repeating_it(string url)
    {
        foreach (var variable in (string[])["TOKEN_URL", "DEVICE_URL", "AUTHORIZE_URL", "REDIRECT_URL"])
        {
            var problem = Refused(($"AXVAULT_OAUTH_OPENAI_{variable}", url))[0];
            Assert.Equal($"AXVAULT_OAUTH_OPENAI_{variable}: expected an https URL, or an http one on loopback, without user or fragment", problem);
        }
    }

    [Theory]
    [InlineData("AUTHORIZE_URL")]
    [InlineData("REDIRECT_URL")]
    public void A_login_by_a_pasted_address_needs_both_of_its_urls(string variable) =>
        Assert.Equal(
            "AXVAULT_OAUTH_OPENAI_AUTHORIZE_URL: expected together with AXVAULT_OAUTH_OPENAI_REDIRECT_URL",
            Assert.Single(Refused(($"AXVAULT_OAUTH_OPENAI_{variable}", "https://login.example/a")))
        );

    [Theory]
    [InlineData("AXVAULT_OAUTH_OPENAI_ENCODING", "AXVAULT_OAUTH_OPENAI_ENCODING: expected form or json")]
    [InlineData("AXVAULT_OAUTH_OPENAI_AUTH", "AXVAULT_OAUTH_OPENAI_AUTH: expected body or basic")]
    [InlineData("AXVAULT_OAUTH_OPENAI_REUSE_LEEWAY", "AXVAULT_OAUTH_OPENAI_REUSE_LEEWAY: expected a whole number of seconds from 0 to 3600")]
    [InlineData("AXVAULT_OAUTH_CODEX_AUTH", "AXVAULT_OAUTH_CODEX_AUTH: expected body or basic")]
    [InlineData(
        "AXVAULT_OAUTH_OPENAI_CLIENTID",
        "AXVAULT_OAUTH_OPENAI_CLIENTID: expected AXVAULT_OAUTH_<NAME>_ and one of TOKEN_URL, DEVICE_URL, AUTHORIZE_URL, "
            + "REDIRECT_URL, CLIENT_ID, CLIENT_SECRET_FILE, CLIENT_SECRET, ENCODING, AUTH, SCOPE, REUSE_LEEWAY"
    )]
    [InlineData(
        "AXVAULT_OAUTH_TOKEN_URL",
        "AXVAULT_OAUTH_TOKEN_URL: expected AXVAULT_OAUTH_<NAME>_ and one of TOKEN_URL, DEVICE_URL, AUTHORIZE_URL, "
            + "REDIRECT_URL, CLIENT_ID, CLIENT_SECRET_FILE, CLIENT_SECRET, ENCODING, AUTH, SCOPE, REUSE_LEEWAY"
    )]
    [InlineData(
        "AXVAULT_OAUTH__SCOPE",
        "AXVAULT_OAUTH__SCOPE: expected AXVAULT_OAUTH_<NAME>_ and one of TOKEN_URL, DEVICE_URL, AUTHORIZE_URL, "
            + "REDIRECT_URL, CLIENT_ID, CLIENT_SECRET_FILE, CLIENT_SECRET, ENCODING, AUTH, SCOPE, REUSE_LEEWAY"
    )]
    [InlineData(
        "AXVAULT_OAUTH_",
        "AXVAULT_OAUTH_: expected AXVAULT_OAUTH_<NAME>_ and one of TOKEN_URL, DEVICE_URL, AUTHORIZE_URL, "
            + "REDIRECT_URL, CLIENT_ID, CLIENT_SECRET_FILE, CLIENT_SECRET, ENCODING, AUTH, SCOPE, REUSE_LEEWAY"
    )]
    public void An_invalid_setting_is_named_with_the_expected_value(string variable, string problem) =>
        Assert.Equal(problem, Assert.Single(Refused((variable, Wrong))));

    [Theory]
    [InlineData("3601")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData("1.5")]
    [InlineData(" 1")]
    [InlineData("99999999999")]
    [InlineData("30s")]
    public void An_invalid_leeway_is_refused(string text) =>
        Assert.StartsWith("AXVAULT_OAUTH_OPENAI_REUSE_LEEWAY: ", Assert.Single(Refused(("AXVAULT_OAUTH_OPENAI_REUSE_LEEWAY", text))), StringComparison.Ordinal);

    [Fact]
    public void An_added_provider_needs_a_url_and_a_client_id()
    {
        Assert.Equal(
            ["AXVAULT_OAUTH_CORP_CLIENT_ID: expected, for it is not a provider that is known by default"],
            Refused(("AXVAULT_OAUTH_CORP_TOKEN_URL", "https://h"))
        );
        Assert.Equal(
            ["AXVAULT_OAUTH_CORP_TOKEN_URL: expected, for it is not a provider that is known by default"],
            Refused(("AXVAULT_OAUTH_CORP_CLIENT_ID", Wrong))
        );
        Assert.Equal(2, Refused(("AXVAULT_OAUTH_CORP_SCOPE", Wrong)).Count);
    }

    [Fact]
    public void Basic_authentication_needs_a_secret() =>
        Assert.Equal(
            "AXVAULT_OAUTH_OPENAI_AUTH: basic needs a AXVAULT_OAUTH_OPENAI_CLIENT_SECRET",
            Assert.Single(Refused(("AXVAULT_OAUTH_OPENAI_AUTH", "basic")))
        );

    [Fact]
    public void A_file_without_a_secret_is_refused_without_its_path()
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
    public void A_secret_and_a_secret_file_exclude_each_other()
    {
        using var file = new TemporaryFile("s3cret"u8.ToArray());
        Assert.Equal(
            "AXVAULT_OAUTH_GOOGLE_CLIENT_SECRET: set it or AXVAULT_OAUTH_GEMINI_CLIENT_SECRET_FILE, not both",
            Assert.Single(Refused(("AXVAULT_OAUTH_GOOGLE_CLIENT_SECRET", Wrong), ("AXVAULT_OAUTH_GEMINI_CLIENT_SECRET_FILE", file.Path)))
        );
    }

    [Fact]
    public void All_errors_are_reported_at_once_without_any_value()
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
            ("AXVAULT_OAUTH_GEMINI_CLIENT_SECRET", Wrong + "2")
        );
        Assert.Equal(9, problems.Count);
        Assert.All(problems, static problem =>
        {
            Assert.Matches(@"\AAXVAULT_OAUTH_[A-Z_]+(: | and )", problem);
            Assert.DoesNotContain(Wrong, problem, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain('\n', problem);
        });
    }

    [Fact]
    public void No_value_makes_the_reader_throw_or_repeat_it() =>
        Gen.Select(
                Gen.OneOf<string>("TOKEN_URL", "CLIENT_ID", "CLIENT_SECRET", "CLIENT_SECRET_FILE", "ENCODING", "AUTH", "SCOPE", "REUSE_LEEWAY", "X"),
                Gen.String
            )
            .Sample(
                static (suffix, value) =>
                {
                    var reader = new SettingReader(ConfigurationOf(($"AXVAULT_OAUTH_CORP_{suffix}", value)));
                    ProviderSettings.Read(reader);
                    return value.Length < 4 || reader.Problems.All(problem => !problem.Contains(value, StringComparison.Ordinal));
                }
            );
}
