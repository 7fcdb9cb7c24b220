using Axvault.AppHost;
using Microsoft.Extensions.Configuration;

namespace Axvault.Tests.Graph;

public sealed class DatabaseChoiceTests
{
    private const string Url = "postgresql://localhost/axvault";
    private const string ConnectionString = "Host=localhost;Database=axvault";

    [Theory]
    // The columns are the parameters in their order.
    [InlineData(true, null, null, null, false, DatabaseKind.Container)]
    [InlineData(true, "embedded", Url, ConnectionString, false, DatabaseKind.Container)]
    [InlineData(false, null, Url, null, true, DatabaseKind.External)]
    [InlineData(false, null, null, ConnectionString, true, DatabaseKind.External)]
    [InlineData(false, null, null, null, true, DatabaseKind.Container)]
    [InlineData(false, null, null, null, false, DatabaseKind.Embedded)]
    [InlineData(false, "", "", "", false, DatabaseKind.Embedded)]
    [InlineData(false, "external", Url, null, true, DatabaseKind.External)]
    [InlineData(false, "container", Url, ConnectionString, true, DatabaseKind.Container)]
    [InlineData(true, "container", null, null, false, DatabaseKind.Container)]
    [InlineData(false, "embedded", Url, ConnectionString, true, DatabaseKind.Embedded)]
    internal async Task The_database_is_the_configured_one_else_a_container_else_a_process(
        bool publishing,
        string? @switch,
        string? url,
        string? connectionString,
        bool runtimeAnswers,
        DatabaseKind expected
    ) =>
        Assert.Equal(
            expected,
            await DatabaseChoice.DecideAsync(publishing, Configuration(@switch, url, connectionString), () => Task.FromResult(runtimeAnswers))
        );

    [Fact]
    public async Task An_unknown_switch_is_an_error_that_names_the_choices()
    {
        var error = await Assert.ThrowsAsync<DatabaseChoiceException>(() => DatabaseChoice.DecideAsync(false, Configuration("docker", null, null), NeverAsked));

        Assert.Equal("AXVAULT_APPHOST_DATABASE: expected external, container or embedded.", error.Message);
    }

    [Fact]
    public async Task A_missing_external_database_is_an_error_that_names_the_variable()
    {
        var error = await Assert.ThrowsAsync<DatabaseChoiceException>(() =>
            DatabaseChoice.DecideAsync(false, Configuration("external", null, null), NeverAsked)
        );

        Assert.Contains("AXVAULT_DATABASE_URL", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_container_without_a_runtime_is_an_error_that_names_the_other_choices()
    {
        var error = await Assert.ThrowsAsync<DatabaseChoiceException>(() =>
            DatabaseChoice.DecideAsync(false, Configuration("container", Url, null), static () => Task.FromResult(false))
        );

        Assert.StartsWith("AXVAULT_APPHOST_DATABASE is container, but ", error.Message, StringComparison.Ordinal);
        Assert.All(["embedded", "external", "AXVAULT_DATABASE_URL"], name => Assert.Contains(name, error.Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true, null, null)]
    [InlineData(true, "container", null)]
    [InlineData(false, "embedded", null)]
    [InlineData(false, null, Url)]
    public async Task The_container_runtime_is_not_asked_when_it_does_not_matter(bool publishing, string? @switch, string? url) =>
        await DatabaseChoice.DecideAsync(publishing, Configuration(@switch, url, null), NeverAsked);

    private static Task<bool> NeverAsked() => throw new InvalidOperationException("The container runtime was asked.");

    private static IConfiguration Configuration(string? @switch, string? url, string? connectionString) =>
        new ConfigurationBuilder()
            .AddInMemoryCollection(
                new Dictionary<string, string?>
                {
                    [DatabaseChoice.Switch] = @switch,
                    [DatabaseChoice.UrlVariable] = url,
                    [$"ConnectionStrings:{DatabaseChoice.DatabaseName}"] = connectionString,
                }
            )
            .Build();
}
