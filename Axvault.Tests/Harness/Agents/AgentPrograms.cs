using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Harness.Agents;

/// <summary>The agents' own programs, in fixed versions. npm installs them once for each user, below the user's cache folder.</summary>
internal static class AgentPrograms
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);
    private static readonly string Source = Path.Combine(SourceTree.Root, "Axvault.Tests", "Harness", "Agents", "npm");
    private static readonly Lazy<Task<string>> Installed = new(InstallAsync);

    /// <summary>The script that makes a call with an official SDK.</summary>
    public static readonly string Sdk = Path.Combine(Source, "sdk.cjs");

    /// <summary>
    /// Returns the path of <c>claude</c>, <c>codex</c>, <c>gemini</c>, <c>opencode</c> or <c>qwen</c>. Without npm or its registry the test is skipped.
    /// With the variable <c>CI</c> it fails instead.
    /// </summary>
    public static async Task<string> FindAsync(string program) =>
        Path.Combine(await FindModulesAsync(), ".bin", OperatingSystem.IsWindows() ? program + ".cmd" : program);

    /// <summary>Returns the folder of the installed packages, under the same conditions.</summary>
    public static async Task<string> FindModulesAsync()
    {
        try
        {
            return Path.Combine(await Installed.Value, "node_modules");
        }
        catch (AgentInstallException exception)
        {
            Assert.SkipUnless(Environment.GetEnvironmentVariable("CI") is { Length: > 0 }, exception.Message);
            throw;
        }
    }

    private static async Task<string> InstallAsync()
    {
        var version = Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(Path.Combine(Source, "package-lock.json"))))[..12];
        var target = Path.Combine(CacheFolder(), "axvault-tests", $"agents-{version}");
        if (Directory.Exists(target))
        {
            return target;
        }

        var staging = $"{target}.{Guid.NewGuid():N}";
        Directory.CreateDirectory(staging);
        try
        {
            foreach (var file in Directory.EnumerateFiles(Source))
            {
                File.Copy(file, Path.Combine(staging, Path.GetFileName(file)));
            }

            // The lock file lacks the programs of other platforms, which "npm ci" refuses. Their parents name an exact version.
            await NpmAsync(staging, "install", "--no-save", "--ignore-scripts");
            // These two packages put the program of the platform in place with a script. Other scripts compile what no test needs.
            await NpmAsync(staging, "rebuild", "@anthropic-ai/claude-code", "opencode-ai");
            Directory.Move(staging, target);
        }
        catch (IOException) when (Directory.Exists(target))
        {
            // Another run has installed them meanwhile.
        }
        finally
        {
            if (Directory.Exists(staging))
            {
                Directory.Delete(staging, recursive: true);
            }
        }

        return target;
    }

    private static async Task NpmAsync(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(OperatingSystem.IsWindows() ? "npm.cmd" : "npm", arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            var run = await ProgramRun.ToEndAsync(start, Limit);
            if (run.ExitCode != 0)
            {
                throw new AgentInstallException($"npm {string.Join(' ', arguments)} failed: {run.Errors}");
            }
        }
        catch (Win32Exception exception)
        {
            throw new AgentInstallException("npm is not installed. It installs the agents' programs.", exception);
        }
    }

    // XDG_CACHE_HOME or ~/.cache, ~/Library/Caches on macOS, %LOCALAPPDATA% on Windows.
    private static string CacheFolder()
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return OperatingSystem.IsWindows() ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
            : OperatingSystem.IsMacOS() ? Path.Combine(home, "Library", "Caches")
            : Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } folder ? folder
            : Path.Combine(home, ".cache");
    }
}

/// <summary>The agents' programs cannot be installed on this machine.</summary>
internal sealed class AgentInstallException(string message, Exception? cause = null) : Exception(message, cause);
