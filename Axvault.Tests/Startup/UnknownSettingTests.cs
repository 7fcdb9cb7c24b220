using Axvault.Api.Startup;
using Microsoft.Extensions.Configuration;

namespace Axvault.Tests.Startup;

/// <summary>The variables that begin like a setting of Axvault and are none.</summary>
public sealed class UnknownSettingTests
{
    [Fact]
    public void Every_known_variable_is_accepted()
    {
        string[] others =
        [
            "AXVAULT",
            "AXVAULT_URL",
            "AXVAULT_API_KEY",
            "AXVAULT_BOOTSTRAP_SECRET_FILE",
            "AXVAULT_OAUTH_LAB_TOKEN_URL",
            "AXVAULT_UPSTREAM_LAB_URL",
            "AXVAULT_APPHOST_DATABASE",
            "AXVAULT_TESTS_UPDATE",
            "AXVAULT_SERVICE_HOST",
            "AXVAULT_SERVICE_PORT_HTTP",
            "AXVAULT_PORT_3847_TCP_ADDR",
            "PATH",
            "OTHER_AXVAULT_PORTT",
        ];
        Assert.Empty(Find([.. AxvaultOptions.AllSettings.Select(static setting => setting.Variable), .. others]));
    }

    [Fact]
    public void Unknown_variables_are_named_once_and_sorted() =>
        Assert.Equal(
            ["AXVAULT_PORTT", "AXVAULT_REFRESH_SWEEP_CONCURRENCY", "AXVAULT_TLS__KEY"],
            Find("AXVAULT_REFRESH_SWEEP_CONCURRENCY", "AXVAULT_PORT", "AXVAULT_TLS:KEY", "AXVAULT_PORTT", "axvault_portt")
        );

    [Fact]
    public void An_empty_unknown_variable_counts_as_unset() =>
        Assert.Empty(UnknownSettings.Find(new ConfigurationBuilder().AddInMemoryCollection([new("AXVAULT_PORTT", "")]).Build()));

    private static IReadOnlyList<string> Find(params string[] names) =>
        UnknownSettings.Find(
            new ConfigurationBuilder()
                .AddInMemoryCollection(
                    names
                        .DistinctBy(static name => name.ToUpperInvariant())
                        .Select(static name => new KeyValuePair<string, string?>(name, "1"))
                )
                .Build()
        );
}
