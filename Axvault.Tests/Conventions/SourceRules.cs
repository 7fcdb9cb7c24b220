using System.Text.RegularExpressions;
using Axvault.Api.Configuration;

namespace Axvault.Tests.Conventions;

/// <summary>The rules of the house that no analyzer knows.</summary>
public sealed partial class SourceRules
{
    [Fact]
    public void SQL_is_in_stores_and_the_migrator_alone()
    {
        var paths = SourceTree.CSharp("Axvault.Api").Where(static file => Sql().IsMatch(file.Text)).Select(static file => file.Path).ToList();

        Assert.Contains("Axvault.Api/Migrations/Migrator.cs", paths);
        Assert.All(paths, static path => Assert.True(path.EndsWith("Store.cs", StringComparison.Ordinal) || path == "Axvault.Api/Migrations/Migrator.cs", path));
    }

    [Fact]
    public void Nothing_is_set_for_longer_than_a_transaction() =>
        Assert.DoesNotContain(
            SourceTree.CSharp("Axvault.Api").Where(static file => Sql().IsMatch(file.Text)).Select(static file => (file.Path, file.Text)).Concat(Migrations().Select(static file => (file, File.ReadAllText(file)))),
            static file => SessionState().IsMatch(file.Item2));

    [Fact]
    public void No_log_message_takes_a_value_apart() =>
        Assert.DoesNotContain(SourceTree.CSharp("Axvault.Api").Concat(SourceTree.CSharp("Axvault.ServiceDefaults")), static file => file.Text.Contains("{@", StringComparison.Ordinal));

    [Fact]
    public void The_server_asks_for_the_time_through_a_TimeProvider() =>
        Assert.DoesNotContain(SourceTree.CSharp("Axvault.Api"), static file => Clock().IsMatch(file.Text));

    [Theory]
    [InlineData("Keys", "Credentials")]
    [InlineData("Credentials", "Keys")]
    [InlineData("Authorization", "Keys", "Credentials", "Http", "Authentication", "Audit", "Encryption", "Startup", "Configuration", "Migrations")]
    [InlineData("Encryption", "Keys", "Credentials", "Http", "Authentication", "Audit", "Startup")]
    public void A_folder_does_not_reach_where_it_must_not(string folder, params string[] others) =>
        Assert.DoesNotContain(
            SourceTree.CSharp($"Axvault.Api/{folder}"),
            file => others.Any(other => file.Text.Contains($"using Axvault.Api.{other};", StringComparison.Ordinal)));

    [Fact]
    public void What_decides_on_access_does_no_input_or_output() =>
        Assert.DoesNotContain(
            SourceTree.CSharp("Axvault.Api/Authorization"),
            static file => file.Text.Contains("using Microsoft.AspNetCore", StringComparison.Ordinal) || file.Text.Contains("using Npgsql", StringComparison.Ordinal));

    [Fact]
    public void The_hashes_of_a_keys_secrets_are_compared_in_constant_time_and_in_one_place()
    {
        var readers = SourceTree.CSharp("Axvault.Api").Where(static file => SecretHash().IsMatch(file.Text)).ToList();

        var (path, text) = Assert.Single(readers);
        Assert.Equal("Axvault.Api/Authentication/ApiKeyHandler.cs", path);
        Assert.Equal(2, SecretHash().Count(text));
        Assert.Contains("CryptographicOperations.FixedTimeEquals(hash, found?.SecretHash", text, StringComparison.Ordinal);
        Assert.Contains("CryptographicOperations.FixedTimeEquals(hash, found?.PreviousSecretHash", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Migrations_are_numbered_without_gaps_and_embedded()
    {
        var files = Directory.EnumerateFiles(Path.Combine(SourceTree.Root, "Axvault.Api", "Migrations"), "*.sql").Select(static path => Path.GetFileName(path)).Order(StringComparer.Ordinal).ToList();

        Assert.Equal(Enumerable.Range(1, files.Count), files.Select(static file => int.Parse(MigrationName().Match(file).Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture)));
        Assert.Equal(files, typeof(Setting).Assembly.GetManifestResourceNames().Where(static name => name.EndsWith(".sql", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_setting_is_in_the_README_with_its_flag_and_default()
    {
        var rows = File.ReadAllLines(Path.Combine(SourceTree.Root, "README.md"));

        Assert.All(Setting.All, setting =>
        {
            var row = Assert.Single(rows, row => row.StartsWith($"| `{setting.Variable}` |", StringComparison.Ordinal));
            Assert.Contains(setting.Flag is null ? "| |" : $"| `{setting.Flag}` |", row, StringComparison.Ordinal);
            Assert.True(setting.Default is null || row.Contains(setting.Default, StringComparison.Ordinal));
        });
    }

    [GeneratedRegex(@"\b(select (?!new\b)\w+|insert into \w+|delete from \w+|update \w+\.\w+)\b")]
    private static partial Regex Sql();

    private static IEnumerable<string> Migrations() => Directory.EnumerateFiles(Path.Combine(SourceTree.Root, "Axvault.Api", "Migrations"), "*.sql");

    // Connections go back to the pool as they are.
    [GeneratedRegex(@"pg_advisory_lock|pg_try_advisory_lock|\bset session\b|""set (?!local)|create temp|\blisten ""|\bdeclare \w+ cursor with hold|\bset_config\([^)]*false\)")]
    private static partial Regex SessionState();

    [GeneratedRegex(@"\.(Previous)?SecretHash\b")]
    private static partial Regex SecretHash();

    [GeneratedRegex(@"\b(DateTime|DateTimeOffset)\.(Utc)?Now\b|Stopwatch\.")]
    private static partial Regex Clock();

    [GeneratedRegex(@"^([0-9]{4})_[a-z_]+\.sql$")]
    private static partial Regex MigrationName();
}
