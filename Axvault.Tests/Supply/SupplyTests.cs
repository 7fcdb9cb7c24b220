using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Xml.Linq;
using Axvault.Tests.Harness;
using Axvault.Tests.Harness.Graph;

namespace Axvault.Tests.Supply;

/// <summary>The packages that the project is built with, and those that it ships.</summary>
public sealed class SupplyTests
{
    // The licences in LICENSES/. Each of them only asks for its text and the copyright notice.
    private static readonly string[] Accepted = ["0BSD", "Apache-2.0", "BSD-3-Clause", "MIT", "PostgreSQL"];

    private static string NoticesFile => Path.Combine(SourceTree.Root, "THIRD-PARTY-NOTICES.md");

    [Fact]
    public void Every_version_is_exact_and_central()
    {
        var central = XDocument.Load(Path.Combine(SourceTree.Root, "Directory.Packages.props"));
        Assert.All(central.Descendants("PackageVersion"), static package =>
            Assert.Matches(@"^(\$\(\w+Version\)|[0-9][0-9A-Za-z.-]*)$", package.Attribute("Version")!.Value)
        );
        Assert.All(
            central
                .Descendants()
                .Where(static element => element.Name.LocalName.EndsWith("Version", StringComparison.Ordinal) && element.Parent!.Name == "PropertyGroup"),
            static version => Assert.Matches("^[0-9][0-9A-Za-z.-]*$", version.Value)
        );
        Assert.Contains(central.Descendants("CentralPackageTransitivePinningEnabled"), static element => element.Value == "true");
        foreach (
            var project in Directory
                .EnumerateFiles(SourceTree.Root, "*.csproj", SearchOption.AllDirectories)
                .Where(static file => !file.Contains("/artifacts/", StringComparison.Ordinal))
        )
        {
            Assert.DoesNotContain(XDocument.Load(project).Descendants("PackageReference"), static package =>
                package.Attribute("Version") is not null || package.Attribute("VersionOverride") is not null
            );
        }
    }

    [Fact]
    public void Every_shipped_package_has_an_accepted_licence()
    {
        Assert.True(ShippedPackage.All.Count > 20);
        Assert.All(ShippedPackage.All, static package =>
            Assert.True(Accepted.Contains(package.Licence), $"{package.Id} {package.Version} is under {package.Licence}")
        );
        Assert.All(Accepted, static licence => Assert.True(File.Exists(Path.Combine(SourceTree.Root, "LICENSES", $"{licence}.txt")), licence));
    }

    [Fact]
    public void The_notices_list_the_shipped_packages()
    {
        var notices = Notices();
        if (Environment.GetEnvironmentVariable("AXVAULT_TESTS_UPDATE") == "notices")
        {
            File.WriteAllText(NoticesFile, notices);
        }

        Assert.Equal(notices, File.ReadAllText(NoticesFile));
    }

    [Fact]
    public void Every_npm_package_has_a_hash_and_no_install_script_runs()
    {
        var folder = Path.Combine(SourceTree.Root, "Axvault.AppHost", "EmbeddedPostgres");
        AssertHashes(folder);
        Assert.Contains("[\"ci\", \"--ignore-scripts\"", File.ReadAllText(Path.Combine(folder, "PostgresBinaries.cs")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Axvault.Tests/Harness/Agents")]
    [InlineData("Axvault.Tests/Harness/Provider")]
    [InlineData("Axvault.Tests/WebConsole")]
    [InlineData("Axvault.Api/WebConsole/Assets")]
    public void Every_npm_package_of_a_folder_has_a_hash(string folder) => AssertHashes(Path.Combine(SourceTree.Root, folder));

    [Theory]
    [InlineData(
        "",
        "The given project `A` has no vulnerable packages given the current sources.",
        "found 0 vulnerabilities",
        0,
        0,
        "NuGet: no known vulnerability",
        "npm: no known vulnerability"
    )]
    [InlineData(
        "",
        "Project `A` has the following vulnerable packages",
        "found 0 vulnerabilities",
        0,
        1,
        "NuGet: vulnerable packages",
        "npm: no known vulnerability"
    )]
    [InlineData(
        "",
        "The given project `A` has no vulnerable packages given the current sources.",
        "1 high severity vulnerability",
        1,
        1,
        "NuGet: no known vulnerability",
        "npm: vulnerable packages"
    )]
    [InlineData(
        "warning NU1905: Audit source 'registry' did not provide any vulnerability data.",
        "no vulnerable packages",
        "npm error audit endpoint returned an error",
        1,
        0,
        "NuGet: NO ANSWER",
        "npm: NO ANSWER"
    )]
    public async Task The_audit_fails_on_a_finding_and_reports_a_registry_without_an_answer(
        string restore,
        string list,
        string audit,
        int auditCode,
        int expected,
        params string[] says
    )
    {
        using var programs = new TestFolder();
        Program("dotnet", $"case $1 in nuget) echo 'E https://registry.example/index.json';; restore) echo \"{restore}\";; list) echo '{list}';; esac");
        Program("npm", $"echo '{audit}'; exit {auditCode}");
        var start = new ProcessStartInfo("bash", [Path.Combine(SourceTree.Root, ".ci", "audit")]) { RedirectStandardOutput = true };
        start.Environment["PATH"] = $"{programs.Path}:{Environment.GetEnvironmentVariable("PATH")}";

        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(expected, process.ExitCode);
        Assert.All(says, line => Assert.Contains(line, output, StringComparison.Ordinal));

        void Program(string name, string text)
        {
            var file = Path.Combine(programs.Path, name);
            File.WriteAllText(file, $"#!/bin/sh\n{text}\n");
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
        }
    }

    private static void AssertHashes(string folder)
    {
        using var locked = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "npm", "package-lock.json")));
        var packages = locked.RootElement.GetProperty("packages").EnumerateObject().Where(static package => package.Name.Length > 0).ToList();
        Assert.NotEmpty(packages);
        Assert.All(packages, static package => Assert.StartsWith("sha512-", package.Value.GetProperty("integrity").GetString(), StringComparison.Ordinal));
    }

    // The script of the console's pages, which is in the program.
    private static string ScriptNotice()
    {
        using var locked = JsonDocument.Parse(
            File.ReadAllBytes(Path.Combine(SourceTree.Root, "Axvault.Api", "WebConsole", "Assets", "npm", "package-lock.json"))
        );
        var package = locked.RootElement.GetProperty("packages").GetProperty("node_modules/htmx.org");
        var licence = package.GetProperty("license").GetString();
        return $"| htmx.org (npm) | {package.GetProperty("version").GetString()} | [{licence}](LICENSES/{licence}.txt) | Big Sky Software |\n";
    }

    private static string Notices()
    {
        var text = new StringBuilder(
            """
            # Third-party notices

            The packages in the published server, besides its own code (MIT, `LICENSE`). The terms of each licence are in `LICENSES`.
            After a change of packages, write this page again:

            ```sh
            AXVAULT_TESTS_UPDATE=notices dotnet test Axvault.Tests -p:TestedServer=build --filter SupplyTests
            ```

            | package | version | licence | copyright |
            |---|---|---|---|
            | .NET runtime and ASP.NET Core | of the SDK that publishes | MIT | © .NET Foundation and Contributors |

            """
        );
        foreach (var package in ShippedPackage.All)
        {
            text.Append(
                System.Globalization.CultureInfo.InvariantCulture,
                $"| {package.Id} | {package.Version} | [{package.Licence}](LICENSES/{package.Licence}.txt) | {package.Owner} |\n"
            );
        }

        return text.Append(ScriptNotice()).ToString();
    }
}
