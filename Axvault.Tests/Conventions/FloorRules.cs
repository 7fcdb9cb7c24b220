using System.Globalization;
using System.Text.RegularExpressions;
using Axvault.Tests.Harness;

namespace Axvault.Tests.Conventions;

/// <summary>The floors of the house: a folder uses only folders of lower floors.</summary>
public sealed partial class FloorRules
{
    // From the ground up; a folder that is not named uses all of them, and is used by none. The floors of Axvault.Api are in CONTRIBUTING.md.
    public static TheoryData<string, string, string[]> Projects =>
        new()
        {
            { "Axvault.AppHost", "Axvault.AppHost", ["EmbeddedPostgres", "Dashboard", ""] },
            { "Axvault.Hosting", "Axvault.Hosting", ["Http", "Keys", "Commands", "References", ""] },
            { "Axvault.Client", "Axvault.Client", ["Transport", "Identity", "Agents", "Tokens", ""] },
            { "Axvault.ServiceDefaults", "Axvault.ServiceDefaults", [""] },
            { "Axvault.Tests", "Axvault.Tests", ["Harness", "Authorization", "Encryption", "Audit", "Refresh"] },
            { "Axvault.Tests.Provider", "Axvault.Tests.Provider", [""] },
            { "bench/Axvault.Bench", "Axvault.Bench", ["Load", "Floors", "Micro", "Subjects", "Cases", ""] },
            { "bench/Axvault.Exercise", "Axvault.Exercise", ["Fleet", "Load", "Cases", ""] },
            { "fuzz/Axvault.Fuzz", "Axvault.Fuzz", ["Engine", "Targets", ""] },
        };

    [Fact]
    public void A_folder_of_the_server_uses_only_folders_of_lower_floors()
    {
        var floors = File.ReadAllLines(Path.Combine(SourceTree.Root, "CONTRIBUTING.md"))
            .Select(static line => Row().Match(line))
            .Where(static row => row.Success)
            .ToDictionary(static row => row.Groups["folder"].Value, static row => int.Parse(row.Groups["floor"].Value, CultureInfo.InvariantCulture));

        Assert.Empty(Breaches("Axvault.Api", "Axvault.Api", folder => floors.GetValueOrDefault(folder, folder.Length == 0 ? int.MaxValue : int.MinValue)));
        Assert.All(floors.Keys, static folder => Assert.True(Path.Exists(Path.Combine(SourceTree.Root, "Axvault.Api", folder)), folder));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_folder_uses_only_folders_before_it(string path, string name, string[] folders) =>
        Assert.Empty(Breaches(path, name, folder => Array.IndexOf(folders, folder) is >= 0 and var floor ? floor : int.MaxValue));

    private static IEnumerable<string> Breaches(string path, string name, Func<string, int> floorOf) =>
        from file in SourceTree.CSharp(path)
        let folder = FolderOf(Namespace().Match(file.Text).Groups[1].Value, name)
        from used in Using().Matches(file.Text).Select(match => FolderOf(match.Groups[1].Value, name)).OfType<string>().Distinct()
        where folder is not null && used != folder && floorOf(used) >= floorOf(folder)
        where Directory.Exists(Path.Combine(SourceTree.Root, path, used))
        select $"{file.Path} uses {used}";

    // The first part of a namespace below that of the project; null for one of another project.
    private static string? FolderOf(string @namespace, string project) =>
        @namespace == project ? "" : @namespace.StartsWith($"{project}.", StringComparison.Ordinal) ? @namespace[(project.Length + 1)..].Split('.')[0] : null;

    [GeneratedRegex(@"^\| (?<floor>\d+) \| `(?<folder>\w+)` \|")]
    private static partial Regex Row();

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    [GeneratedRegex(@"^using (?:static |\w+ = )?([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Using();
}
