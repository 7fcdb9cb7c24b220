using System.Diagnostics;

namespace Axvault.Tests.Server;

/// <summary>The program under test: what is published, native code; or the build, when that is newer or nothing could be published.</summary>
internal static class ServerProgram
{
    // artifacts/bin/Axvault.Tests/debug -> artifacts/bin/Axvault.Api/debug: with the server's own dependencies, and not those of the tests.
    private static readonly DirectoryInfo TestsFolder = new(AppContext.BaseDirectory);

    private static readonly DirectoryInfo BinFolder = TestsFolder.Parent!.Parent!;

    private static readonly string Build = Path.Combine(BinFolder.FullName, "Axvault.Api", TestsFolder.Name, "axvault.dll");

    private static readonly string Published = Path.Combine(BinFolder.Parent!.FullName, "native", "publish", "Axvault.Api", "release", "axvault");

    /// <summary>Whether it is native code.</summary>
    public static bool IsNative { get; } = File.Exists(Published) && File.GetLastWriteTimeUtc(Published) > File.GetLastWriteTimeUtc(Build);

    /// <summary>How to run it with <paramref name="arguments"/>.</summary>
    public static ProcessStartInfo StartInfo(IEnumerable<string> arguments) => IsNative ? new ProcessStartInfo(Published, arguments) : BuildStartInfo(arguments);

    /// <summary>How to run the build, whatever is published.</summary>
    public static ProcessStartInfo BuildStartInfo(IEnumerable<string> arguments) =>
        new(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet", [Build, .. arguments]);
}
