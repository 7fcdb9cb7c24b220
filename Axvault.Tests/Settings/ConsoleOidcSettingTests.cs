using Axvault.Tests.Harness.Graph;
using static Axvault.Tests.Settings.OptionsReading;

namespace Axvault.Tests.Settings;

/// <summary>The settings of the sign-in at an OpenID provider.</summary>
public sealed class ConsoleOidcSettingTests
{
    private const string Prefix = "AXVAULT_CONSOLE_OIDC_";

    private static readonly (string, string)[] Needed =
    [
        (Prefix + "ISSUER", "https://login.example.com/tenant"),
        (Prefix + "CLIENT_ID", "axvault-console"),
        (Prefix + "RULE", "console"),
    ];

    [Fact]
    public void Without_them_there_is_no_provider() => Assert.Null(Read().Console.Oidc);

    [Fact]
    public void A_public_client_needs_three_of_them()
    {
        var options = Read(Needed).Console.Oidc!;

        Assert.Equal(("https://login.example.com/tenant", "login.example.com"), (options.Issuer, options.Name));
        Assert.Equal(("axvault-console", "console", "openid email profile"), (options.ClientId, options.Rule, options.Scope));
        Assert.Null(options.ClientSecret);
    }

    [Fact]
    public void The_secret_comes_from_its_variable_or_a_file_and_is_never_printed()
    {
        using var folder = new TestFolder();
        var file = Path.Combine(folder.Path, "secret");
        File.WriteAllText(file, "a secret\n");

        var options = Read([.. Needed, (Prefix + "CLIENT_SECRET", "a secret"), (Prefix + "SCOPE", "openid groups")]).Console.Oidc!;
        Assert.Equal(("a secret", "openid groups"), (options.ClientSecret!.Reveal(), options.Scope));
        Assert.DoesNotContain("a secret", options.ToString(), StringComparison.Ordinal);
        Assert.Equal("a secret", Read([.. Needed, (Prefix + "CLIENT_SECRET_FILE", file)]).Console.Oidc!.ClientSecret!.Reveal());
        Assert.EndsWith(
            "set one of the two, not both",
            Assert.Single(Refused([.. Needed, (Prefix + "CLIENT_SECRET", "a secret"), (Prefix + "CLIENT_SECRET_FILE", file)])),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("ISSUER", "https://login.example.com", 2)]
    [InlineData("CLIENT_ID", "axvault-console", 2)]
    [InlineData("RULE", "console", 2)]
    [InlineData("CLIENT_SECRET", "a secret", 3)]
    [InlineData("SCOPE", "openid", 3)]
    public void One_alone_names_the_missing_ones(string name, string value, int missing)
    {
        var problems = Refused((Prefix + name, value));

        Assert.Equal(missing, problems.Count);
        Assert.All(problems, static problem => Assert.Contains("expected a value: the sign-in at an OpenID provider needs", problem, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("ISSUER", "Wr0ngX")]
    [InlineData("ISSUER", "http://login.example.com/Wr0ngX")]
    [InlineData("ISSUER", "http://127.0.0.1/Wr0ngX")]
    [InlineData("ISSUER", "https://Wr0ngX@login.example.com")]
    [InlineData("ISSUER", "https://login.example.com/#Wr0ngX")]
    [InlineData("ISSUER", "https://login.example.com/?Wr0ngX")]
    [InlineData("ISSUER", "https://login.example.com/Wr0ngX?")]
    [InlineData("RULE", "Wr0ngX Wr0ngX")]
    [InlineData("SCOPE", "Wr0ngX")]
    [InlineData("CLIENT_ID", "Wr0ngX\n")]
    public void A_wrong_value_is_told_by_the_name_of_its_setting(string name, string value)
    {
        var problem = Assert.Single(Refused([.. Needed.Where(one => one.Item1 != Prefix + name), (Prefix + name, value)]));

        Assert.StartsWith($"{Prefix}{name} (", problem, StringComparison.Ordinal);
        Assert.DoesNotContain(Wrong, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_loopback_provider_is_allowed_by_its_host() =>
        Assert.Equal(
            "127.0.0.1:8080",
            Read([.. Needed[1..], (Prefix + "ISSUER", "http://127.0.0.1:8080"), ("AXVAULT_ISSUER_PRIVATE_HOSTS", "127.0.0.1")]).Console.Oidc!.Name
        );
}
