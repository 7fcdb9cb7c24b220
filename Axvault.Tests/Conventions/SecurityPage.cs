using System.Text.RegularExpressions;
using Axvault.Tests.Harness;

namespace Axvault.Tests.Conventions;

/// <summary>Every test that docs/security.md names exists, and every claim there names a test.</summary>
public sealed partial class SecurityPage
{
    private static readonly string[] Lines = File.ReadAllLines(Path.Combine(SourceTree.Root, "docs", "security.md"));

    [Fact]
    public void Every_named_test_exists()
    {
        var classes = SourceTree
            .CSharp("Axvault.Tests")
            .Where(static file => file.Text.Contains("[Fact", StringComparison.Ordinal) || file.Text.Contains("[Theory", StringComparison.Ordinal))
            .GroupBy(static file => Path.GetFileNameWithoutExtension(file.Path), static file => file.Text)
            .ToDictionary(static file => file.Key, static file => string.Join('\n', file));
        var named = Lines
            .SelectMany(static line => Test().Matches(line))
            .Select(static match => (Class: match.Groups[1].Value, Name: match.Groups[2].Value))
            .Distinct()
            .ToList();

        Assert.True(named.Count > 60);
        Assert.All(named, test =>
        {
            Assert.True(classes.TryGetValue(test.Class, out var text), $"There is no class {test.Class} with tests.");
            Assert.True(
                test.Name.Length == 0 || Regex.IsMatch(text, $@"public (async Task|Task|void) {test.Name}\("),
                $"There is no test {test.Class}.{test.Name}."
            );
        });
    }

    [Fact]
    public void Every_claim_about_attackers_names_its_test()
    {
        // Each list below "Holds:" has a claim per item, and the tests on the lines after it.
        var attackers = Lines.SkipWhile(static line => line != "## Attackers").TakeWhile(static line => line != "## Decisions");
        var claims = string.Join('\n', attackers)
            .Split("Holds:\n\n")
            .Skip(1)
            .SelectMany(static list => list.Split("\n\n")[0].Split("\n- "))
            .ToList();

        Assert.True(claims.Count > 30);
        Assert.All(claims, static claim => Assert.True(Test().IsMatch(claim) || claim.Contains("`Containerfile`", StringComparison.Ordinal), claim));
    }

    [Fact]
    public void Every_link_between_the_pages_resolves()
    {
        var pages = Directory
            .EnumerateFiles(SourceTree.Root, "*.md")
            .Concat(Directory.EnumerateFiles(Path.Combine(SourceTree.Root, "docs"), "*.md", SearchOption.AllDirectories))
            .ToList();

        Assert.All(pages, static page =>
            Assert.All(Link().Matches(File.ReadAllText(page)).Select(static match => match.Groups[1].Value), target =>
                Assert.True(Path.Exists(Path.Combine(Path.GetDirectoryName(page)!, target)), $"{Path.GetFileName(page)} links to {target}, which is not there.")
            )
        );
    }

    [GeneratedRegex(@"`(\w+(?:Tests|Properties|Rules))(?:\.(\w+))?`")]
    private static partial Regex Test();

    // A link within the repository: it has no scheme, and its fragment is left out.
    [GeneratedRegex(@"\]\((?![a-z]+:|#)([^)#\s]+)(?:#[^)]*)?\)")]
    private static partial Regex Link();
}
