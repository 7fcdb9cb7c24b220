using Npgsql;
using static Axvault.Tests.Settings.OptionsReading;

namespace Axvault.Tests.Settings;

/// <summary>The password of the database, read from a file.</summary>
public sealed class DatabasePasswordSettingTests
{
    [Theory]
    [InlineData("postgresql://user@h/d")]
    [InlineData("Host=h;Username=user;Database=d")]
    public void A_password_is_the_content_of_its_file_without_the_final_line_break(string url)
    {
        using var file = new TemporaryFile(" p@ss'w;o=r d\r\n");
        var connection = new NpgsqlConnectionStringBuilder(
            Read(("AXVAULT_DATABASE_URL", url), ("AXVAULT_DATABASE_PASSWORD_FILE", file.Path)).Database.Address.Reveal()
        );
        Assert.Equal(("h", "user", " p@ss'w;o=r d"), (connection.Host, connection.Username, connection.Password));
    }

    [Fact]
    public void A_password_file_applies_to_the_injected_connection_string_too()
    {
        using var file = new TemporaryFile("s3cret");
        var connection = new NpgsqlConnectionStringBuilder(
            Read(("ConnectionStrings:vaultdb", "Host=h"), ("AXVAULT_DATABASE_PASSWORD_FILE", file.Path)).Database.Address.Reveal()
        );
        Assert.Equal("s3cret", connection.Password);
    }

    [Theory]
    [InlineData("postgresql://user:Wr0ngX@h/d")]
    [InlineData("postgresql://h/d?password=Wr0ngX")]
    [InlineData("Host=h;Password=Wr0ngX")]
    public void A_password_that_is_given_twice_is_refused(string url)
    {
        using var file = new TemporaryFile("Wr0ngX");
        var problem = Assert.Single(Refused(("AXVAULT_DATABASE_URL", url), ("AXVAULT_DATABASE_PASSWORD_FILE", file.Path)));
        Assert.Equal("AXVAULT_DATABASE_URL (--database-url) and AXVAULT_DATABASE_PASSWORD_FILE: give the password in one of the two, not in both", problem);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("Wr0ngX\nWr0ngX\n")]
    [InlineData("Wr0ngX\0")]
    public void A_password_file_without_exactly_one_line_is_refused_and_not_repeated(string content)
    {
        using var file = new TemporaryFile(content);
        var problem = Assert.Single(Refused(("AXVAULT_DATABASE_PASSWORD_FILE", file.Path)));
        Assert.StartsWith("AXVAULT_DATABASE_PASSWORD_FILE: expected ", problem, StringComparison.Ordinal);
        Assert.DoesNotContain(Wrong, problem, StringComparison.Ordinal);
        Assert.DoesNotContain(file.Path, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_password_file_is_refused() =>
        Assert.StartsWith(
            "AXVAULT_DATABASE_PASSWORD_FILE: ",
            Assert.Single(Refused(("AXVAULT_DATABASE_PASSWORD_FILE", "/nowhere/Wr0ngX"))),
            StringComparison.Ordinal
        );
}
