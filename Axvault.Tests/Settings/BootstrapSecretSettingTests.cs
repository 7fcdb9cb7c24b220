using Axvault.Api.Keys;
using static Axvault.Tests.Settings.OptionsReading;

namespace Axvault.Tests.Settings;

/// <summary>The setting of the first key's secret.</summary>
public sealed class BootstrapSecretSettingTests
{
    private const string Variable = "AXVAULT_BOOTSTRAP_SECRET_FILE";

    [Fact]
    public void Without_the_setting_there_is_no_secret() => Assert.Null(Read().Bootstrap.Secret);

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("\r\n")]
    public void The_secret_is_read_from_the_file_without_the_line_end(string end)
    {
        var secret = ApiKeySecret.Create().Reveal();
        using var file = new TemporaryFile(secret + end);

        Assert.Equal(secret, Read((Variable, file.Path)).Bootstrap.Secret!.Reveal());
    }

    [Theory]
    [InlineData(" ", "")]
    [InlineData("", " ")]
    [InlineData("", "0")]
    [InlineData("", "\n#")]
    public void A_malformed_secret_is_refused_with_advice_and_not_repeated(string before, string after)
    {
        var secret = ApiKeySecret.Create().Reveal();
        using var file = new TemporaryFile(before + secret + after);

        var problem = Assert.Single(Refused((Variable, file.Path)));

        Assert.Equal($"{Variable}: expected a file that holds the secret of an API key, axv_sk_… (make one with: axvault key-secret)", problem);
    }

    [Fact]
    public void A_wrong_checksum_is_refused()
    {
        var secret = ApiKeySecret.Create().Reveal();
        using var file = new TemporaryFile(secret[..^1] + (secret[^1] == '0' ? '1' : '0'));

        Assert.StartsWith($"{Variable}: expected a file", Assert.Single(Refused((Variable, file.Path))), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_refused() =>
        Assert.Equal($"{Variable}: the file cannot be read, or is not UTF-8 text", Assert.Single(Refused((Variable, "/nowhere/Wr0ngX"))));
}
