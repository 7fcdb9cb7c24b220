using System.Diagnostics;

namespace Axvault.Bench.Subjects;

/// <summary>The kind of compilation of the server.</summary>
internal enum ServerBuild
{
    /// <summary>Native code, as published.</summary>
    Native,

    /// <summary>Native code with symbols.</summary>
    Symbols,

    /// <summary>Intermediate code with precompiled native code (ReadyToRun), including the runtime.</summary>
    ReadyToRun,

    /// <summary>Intermediate code.</summary>
    Jit,
}

/// <summary>Publishes the server.</summary>
internal static class ServerBuilds
{
    /// <summary>Publishes the server, unless it is up to date, and returns the path of the program.</summary>
    public static async Task<string> PublishAsync(this ServerBuild build)
    {
        var root = Root();
        var artifacts = Path.Combine(root, "artifacts", build == ServerBuild.Native ? "native" : $"bench-{build}");
        string[] flags = build switch
        {
            ServerBuild.Native => [],
            ServerBuild.Symbols => ["-p:StripSymbols=false"],
            ServerBuild.ReadyToRun => ["-p:PublishAot=false", "-p:PublishReadyToRun=true", "--self-contained", "--use-current-runtime"],
            _ => ["-p:PublishAot=false"],
        };
        var start = new ProcessStartInfo(
            "dotnet",
            ["publish", Path.Combine(root, "Axvault.Api"), "--configuration", "Release", "--artifacts-path", artifacts, "-nologo", "-verbosity:quiet", .. flags]
        );
        using var publish = Process.Start(start)!;
        await publish.WaitForExitAsync();
        return publish.ExitCode == 0
            ? Directory.EnumerateFiles(Path.Combine(artifacts, "publish", "Axvault.Api"), "axvault", SearchOption.AllDirectories).Single()
            : throw new InvalidOperationException("The server cannot be published.");
    }

    /// <summary>Returns the folder of the solution.</summary>
    public static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Axvault.sln")))
        {
            folder = folder.Parent;
        }

        return folder.FullName;
    }
}
