using Axvault.Api.Keys;
using Axvault.Api.Settings;
using Npgsql;
using static Axvault.Tests.Settings.OptionsReading;

namespace Axvault.Tests.Settings;

/// <summary>What editors, shells and secret stores add to a secret, in variables and files alike.</summary>
public sealed class SecretTextTests
{
    public static TheoryData<string, string> Wrappings => new() { { "", "\n" }, { "", "\r\n" }, { "", "\r" }, { "\uFEFF", "" }, { "\uFEFF", "\r\n\n" } };

    [Theory]
    [MemberData(nameof(Wrappings))]
    public void An_encryption_key_is_cut_alike_in_variable_and_file(string before, string after)
    {
        using var file = new TemporaryFile(before + Key + after);

        Assert.Equal(Key, Text(Read(("AXVAULT_ENCRYPTION_KEY", before + Key + after)).Encryption.Key));
        Assert.Equal(Key, Text(Read(("AXVAULT_ENCRYPTION_KEY", ""), ("AXVAULT_ENCRYPTION_KEY_FILE", file.Path)).Encryption.Key));
    }

    [Fact]
    public void A_key_that_once_kept_its_line_break_still_decrypts() =>
        Assert.Equal([Key + "\n"], Read(("AXVAULT_ENCRYPTION_KEY", Key + "\n")).Encryption.PreviousKeys.Select(Text));

    [Theory]
    [MemberData(nameof(Wrappings))]
    public void A_previous_key_is_cut_too(string before, string after) =>
        Assert.Equal([Key], Read(("AXVAULT_ENCRYPTION_KEY_PREVIOUS", before + Key + after)).Encryption.PreviousKeys.Select(Text));

    [Theory]
    [MemberData(nameof(Wrappings))]
    public void A_client_secret_is_cut_alike_in_variable_and_file(string before, string after)
    {
        using var file = new TemporaryFile(before + "s3cret" + after);

        Assert.Equal("s3cret", SecretOf(("AXVAULT_OAUTH_GEMINI_CLIENT_SECRET", before + "s3cret" + after)));
        Assert.Equal("s3cret", SecretOf(("AXVAULT_OAUTH_GEMINI_CLIENT_SECRET_FILE", file.Path)));
    }

    [Theory]
    [MemberData(nameof(Wrappings))]
    public void A_database_password_is_cut_alike_in_variable_and_file(string before, string after)
    {
        using var file = new TemporaryFile(before + "s3cret" + after);

        Assert.Equal("s3cret", PasswordOf(("AXVAULT_DATABASE_URL", $"{before}Host=h;Password=s3cret{after}")));
        Assert.Equal("s3cret", PasswordOf(("ConnectionStrings:vaultdb", $"{before}Host=h;Password=s3cret{after}")));
        Assert.Equal("s3cret", PasswordOf(("AXVAULT_DATABASE_URL", $"{before}postgresql://h/d?password=s3cret{after}")));
        Assert.Equal("s3cret", PasswordOf(("AXVAULT_DATABASE_URL", "postgresql://h/d"), ("PGPASSWORD", before + "s3cret" + after)));
        Assert.Equal("s3cret", PasswordOf(("AXVAULT_DATABASE_URL", "postgresql://h/d"), ("AXVAULT_DATABASE_PASSWORD_FILE", file.Path)));
    }

    [Theory]
    [MemberData(nameof(Wrappings))]
    public void A_bootstrap_secret_is_cut(string before, string after)
    {
        using var file = new TemporaryFile(before + ApiKeySecret.Create().Reveal() + after);

        Assert.NotNull(Read(("AXVAULT_BOOTSTRAP_SECRET_FILE", file.Path)).Bootstrap.Secret);
    }

    [Theory]
    [InlineData("AXVAULT_ENCRYPTION_KEY", "\"0123456789abcdef0123456789Wr0ngX\"")]
    [InlineData("AXVAULT_ENCRYPTION_KEY", "'0123456789abcdef0123456789Wr0ngX'\n")]
    [InlineData("AXVAULT_ENCRYPTION_KEY_PREVIOUS", "\"0123456789abcdef0123456789Wr0ngX,0123456789abcdef0123456789Wr0ngY\"")]
    [InlineData("AXVAULT_OAUTH_GEMINI_CLIENT_SECRET", "\"Wr0ngX\"")]
    [InlineData("AXVAULT_DATABASE_URL", "\"postgresql://u:Wr0ngX@h/d\"")]
    [InlineData("AXVAULT_DATABASE_URL", "'Host=h;Password=Wr0ngX'")]
    [InlineData("ConnectionStrings:vaultdb", "\"Host=h;Password=Wr0ngX\"")]
    [InlineData("PGPASSWORD", "\"Wr0ngX\"")]
    [InlineData("AXVAULT_PORT", "\"80\"")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "\"a=Wr0ngX\"")]
    public void A_value_in_quotes_gets_a_message_that_says_so(string variable, string value)
    {
        var problem = Assert.Single(Refused((variable, value)));

        Assert.StartsWith(variable.Replace(":", "__", StringComparison.Ordinal), problem, StringComparison.Ordinal);
        Assert.Contains("stands in quotes", problem, StringComparison.Ordinal);
        Assert.DoesNotContain(Wrong, problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("AXVAULT_ENCRYPTION_KEY_FILE")]
    [InlineData("AXVAULT_OAUTH_GEMINI_CLIENT_SECRET_FILE")]
    [InlineData("AXVAULT_DATABASE_PASSWORD_FILE")]
    [InlineData("AXVAULT_BOOTSTRAP_SECRET_FILE")]
    public void A_secret_file_in_quotes_gets_a_message_that_says_so(string variable)
    {
        using var file = new TemporaryFile("\"0123456789abcdef0123456789Wr0ngX\"\n");

        var key = variable == "AXVAULT_ENCRYPTION_KEY_FILE" ? "" : Key;
        Assert.Contains(
            Refused(("AXVAULT_ENCRYPTION_KEY", key), (variable, file.Path)),
            problem => problem.StartsWith(variable, StringComparison.Ordinal) && problem.Contains("stands in quotes", StringComparison.Ordinal)
        );
    }

    [Fact]
    public void A_key_made_with_its_quotes_is_accepted_as_a_previous_one() =>
        Assert.Equal([$"\"{Key}\""], Read(("AXVAULT_ENCRYPTION_KEY_PREVIOUS", $"\"{Key}\"")).Encryption.PreviousKeys.Select(Text));

    [Theory]
    [InlineData("postgresql://user:Wr0/ngX@h/d")]
    [InlineData("postgresql://user:/Wr0ngX@h/d")]
    [InlineData("postgresql://user:5432/Wr0ngX@h/d")]
    [InlineData("postgresql://user:Wr0/ngX@h")]
    [InlineData("postgresql://user:Wr@0/ngX@h/d")]
    [InlineData("postgresql://user:Wr0/ng?X@h/d")]
    [InlineData("postgresql://user:Wr0?/ngX@h/d")]
    public void A_password_with_a_slash_gets_a_message_that_says_so(string url)
    {
        var problem = Assert.Single(Refused(("AXVAULT_DATABASE_URL", url)));

        Assert.Contains("%2F", problem, StringComparison.Ordinal);
        Assert.DoesNotContain("Wr0", problem, StringComparison.Ordinal);
        Assert.DoesNotContain("ngX", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a\nb", "a\nb")]
    [InlineData(" a ", " a ")]
    [InlineData("a\uFEFF", "a\uFEFF")]
    [InlineData("\n", "")]
    public void Only_the_ends_are_cut(string text, string cut) => Assert.Equal(cut, SecretText.Cut(text));

    private static string SecretOf((string, string) setting) =>
        Read(setting).Refresh.Providers.Single(static provider => provider.Name == "gemini").ClientSecret!.Reveal();

    private static string? PasswordOf(params (string, string)[] settings) =>
        new NpgsqlConnectionStringBuilder(Read(settings).Database.Address.Reveal()).Password;
}
