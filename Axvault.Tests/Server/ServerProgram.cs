using System.Diagnostics;

namespace Axvault.Tests.Server;

/// <summary>
/// The program under test: what is published, native code; or the build, when that is newer or nothing could be published; or another that
/// <c>AXVAULT_TESTS_PROGRAM</c> names, such as that of an image.
/// </summary>
internal static class ServerProgram
{
    // artifacts/bin/Axvault.Tests/debug -> artifacts/bin/Axvault.Api/debug: with the server's own dependencies, and not those of the tests.
    private static readonly DirectoryInfo TestsFolder = new(AppContext.BaseDirectory);

    private static readonly DirectoryInfo BinFolder = TestsFolder.Parent!.Parent!;

    private static readonly string Build = Path.Combine(BinFolder.FullName, "Axvault.Api", TestsFolder.Name, "axvault.dll");

    private static readonly string Published = Path.Combine(BinFolder.Parent!.FullName, "native", "publish", "Axvault.Api", "release", "axvault");

    private static readonly string? Given = Environment.GetEnvironmentVariable("AXVAULT_TESTS_PROGRAM") is { Length: > 0 } program ? program : null;

    /// <summary>Whether it is native code.</summary>
    public static bool IsNative { get; } = Given is not null || File.Exists(Published) && File.GetLastWriteTimeUtc(Published) > File.GetLastWriteTimeUtc(Build);

    /// <summary>The folder of what was published; <see langword="null"/> when that is not what is tested.</summary>
    public static string? PublishedFolder => IsNative && Given is null ? Path.GetDirectoryName(Published) : null;

    /// <summary>How to run it with <paramref name="arguments"/>.</summary>
    public static ProcessStartInfo StartInfo(IEnumerable<string> arguments) => IsNative ? new ProcessStartInfo(Given ?? Published, arguments) : BuildStartInfo(arguments);

    /// <summary>How to run the build, whatever is published.</summary>
    public static ProcessStartInfo BuildStartInfo(IEnumerable<string> arguments) =>
        new(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet", [Build, .. arguments]);
}
