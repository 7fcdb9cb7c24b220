using System.Text.RegularExpressions;
using Axvault.Api.Settings;
using Axvault.Api.Startup;
using Axvault.Tests.Harness;

namespace Axvault.Tests.Conventions;

/// <summary>Rules for the source code that no analyzer checks.</summary>
public sealed partial class SourceRules
{
    [Fact]
    public void SQL_is_in_stores_and_the_migrator_alone()
    {
        var paths = SourceTree.CSharp("Axvault.Api").Where(static file => Sql().IsMatch(file.Text)).Select(static file => file.Path).ToList();

        Assert.Contains("Axvault.Api/Database/Migrator.cs", paths);
        Assert.All(paths, static path => Assert.True(path.EndsWith("Store.cs", StringComparison.Ordinal) || path == "Axvault.Api/Database/Migrator.cs", path));
    }

    [Fact]
    public void No_SQL_sets_state_beyond_its_transaction() =>
        Assert.DoesNotContain(
            SourceTree
                .CSharp("Axvault.Api")
                .Where(static file => Sql().IsMatch(file.Text))
                .Select(static file => (file.Path, file.Text))
                .Concat(Migrations().Select(static file => (file, File.ReadAllText(file)))),
            static file => SessionState().IsMatch(file.Item2)
        );

    [Fact]
    public void No_log_message_destructures_a_value() =>
        Assert.DoesNotContain(SourceTree.CSharp("Axvault.Api").Concat(SourceTree.CSharp("Axvault.ServiceDefaults")), static file =>
            file.Text.Contains("{@", StringComparison.Ordinal)
        );

    [Fact]
    public void The_server_reads_the_time_through_a_TimeProvider() =>
        Assert.DoesNotContain(SourceTree.CSharp("Axvault.Api"), static file => Clock().IsMatch(file.Text));

    [Fact]
    public void Authorization_does_no_input_or_output() =>
        Assert.DoesNotContain(SourceTree.CSharp("Axvault.Api/Authorization"), static file =>
            file.Text.Contains("using Microsoft.AspNetCore", StringComparison.Ordinal) || file.Text.Contains("using Npgsql", StringComparison.Ordinal)
        );

    [Fact]
    public void The_hashes_of_a_keys_secrets_are_compared_in_constant_time_and_in_one_place()
    {
        var readers = SourceTree.CSharp("Axvault.Api").Where(static file => SecretHash().IsMatch(file.Text)).ToList();

        var (path, text) = Assert.Single(readers);
        Assert.Equal("Axvault.Api/Authentication/CallerFinder.cs", path);
        Assert.Equal(2, SecretHash().Count(text));
        Assert.Contains("CryptographicOperations.FixedTimeEquals(hash, found?.SecretHash", text, StringComparison.Ordinal);
        Assert.Contains("CryptographicOperations.FixedTimeEquals(hash, found?.PreviousSecretHash", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Migrations_are_numbered_without_gaps_and_embedded()
    {
        var files = Directory
            .EnumerateFiles(Path.Combine(SourceTree.Root, "Axvault.Api", "Database", "Migrations"), "*.sql")
            .Select(static path => Path.GetFileName(path))
            .Order(StringComparer.Ordinal)
            .ToList();

        Assert.Equal(
            Enumerable.Range(1, files.Count),
            files.Select(static file => int.Parse(MigrationName().Match(file).Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture))
        );
        Assert.Equal(
            files,
            typeof(Setting)
                .Assembly.GetManifestResourceNames()
                .Where(static name => name.EndsWith(".sql", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public void Every_setting_is_documented_with_its_flag_and_default()
    {
        var rows = File.ReadAllLines(Path.Combine(SourceTree.Root, "docs", "configuration.md"));

        Assert.All(AxvaultOptions.AllSettings, setting =>
        {
            var row = Assert.Single(rows, row => row.StartsWith($"| `{setting.Variable}` |", StringComparison.Ordinal));
            Assert.Contains(setting.Flag is null ? "| |" : $"| `{setting.Flag}` |", row, StringComparison.Ordinal);
            Assert.True(setting.Default is null || row.Contains(setting.Default, StringComparison.Ordinal));
        });
    }

    [GeneratedRegex(@"\b(select (?!new\b)\w+|insert into \w+|delete from \w+|update \w+\.\w+)\b")]
    private static partial Regex Sql();

    private static IEnumerable<string> Migrations() =>
        Directory.EnumerateFiles(Path.Combine(SourceTree.Root, "Axvault.Api", "Database", "Migrations"), "*.sql");

    // A connection returns to the pool with its session state, so no statement may change that state.
    [GeneratedRegex(
        @"pg_advisory_lock|pg_try_advisory_lock|\bset session\b|""set (?!local)|create temp"
            + @"|\blisten ""|\bdeclare \w+ cursor with hold|\bset_config\([^)]*false\)"
    )]
    private static partial Regex SessionState();

    [GeneratedRegex(@"\.(Previous)?SecretHash\b")]
    private static partial Regex SecretHash();

    [GeneratedRegex(@"\b(DateTime|DateTimeOffset)\.(Utc)?Now\b|Stopwatch\.")]
    private static partial Regex Clock();

    [GeneratedRegex(@"^([0-9]{4})_[a-z_]+\.sql$")]
    private static partial Regex MigrationName();
}
