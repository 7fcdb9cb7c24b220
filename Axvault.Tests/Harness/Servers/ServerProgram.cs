using System.Diagnostics;

namespace Axvault.Tests.Harness.Servers;

/// <summary>
/// The program under test. That is the published native program, or the build when the build is newer or nothing is published.
/// <c>AXVAULT_TESTS_PROGRAM</c> can name another one, for instance that of an image.
/// </summary>
internal static class ServerProgram
{
    // artifacts/bin/Axvault.Tests/debug -> artifacts/bin/Axvault.Api/debug, which has the server's dependencies and not those of the tests.
    private static readonly DirectoryInfo TestsFolder = new(AppContext.BaseDirectory);

    private static readonly DirectoryInfo BinFolder = TestsFolder.Parent!.Parent!;

    private static readonly string Build = Path.Combine(BinFolder.FullName, "Axvault.Api", TestsFolder.Name, "axvault.dll");

    private static readonly string Published = Path.Combine(BinFolder.Parent!.FullName, "native", "publish", "Axvault.Api", "release", "axvault");

    private static readonly string? Given = Environment.GetEnvironmentVariable("AXVAULT_TESTS_PROGRAM") is { Length: > 0 } program ? program : null;

    /// <summary><see langword="true"/> when the program under test is native code; otherwise <see langword="false"/>.</summary>
    public static bool IsNative { get; } = Given is not null || File.Exists(Published) && File.GetLastWriteTimeUtc(Published) > File.GetLastWriteTimeUtc(Build);

    /// <summary>The folder of the published program; <see langword="null"/> when another program is tested.</summary>
    public static string? PublishedFolder => IsNative && Given is null ? Path.GetDirectoryName(Published) : null;

    /// <summary>Returns the start information of the program under test.</summary>
    public static ProcessStartInfo StartInfo(IEnumerable<string> arguments) =>
        IsNative ? new ProcessStartInfo(Given ?? Published, arguments) : BuildStartInfo(arguments);

    /// <summary>Returns the start information of the build, even when a published program is tested.</summary>
    public static ProcessStartInfo BuildStartInfo(IEnumerable<string> arguments) =>
        new(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet", [Build, .. arguments]);
}
