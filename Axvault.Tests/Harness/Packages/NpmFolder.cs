using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Harness.Packages;

/// <summary>The npm packages of a lock file. npm installs them once for each user, below the user's cache folder.</summary>
internal sealed class NpmFolder
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    private readonly Lazy<Task<string>> _installed;

    /// <summary>Names the packages.</summary>
    /// <param name="name">The name of the folder in the cache.</param>
    /// <param name="source">The folder of <c>package.json</c> and its lock file.</param>
    /// <param name="commands">The arguments of npm, for each of its runs.</param>
    public NpmFolder(string name, string source, params string[][] commands) => _installed = new(() => InstallAsync(name, source, commands));

    /// <summary>
    /// Returns the folder of the installed packages. Without npm or its registry the test is skipped. With the variable <c>CI</c> it fails instead.
    /// </summary>
    public async Task<string> FindModulesAsync()
    {
        try
        {
            return Path.Combine(await _installed.Value, "node_modules");
        }
        catch (NpmException exception)
        {
            Assert.SkipUnless(Environment.GetEnvironmentVariable("CI") is { Length: > 0 }, exception.Message);
            throw;
        }
    }

    private static async Task<string> InstallAsync(string name, string source, string[][] commands)
    {
        var version = Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(Path.Combine(source, "package-lock.json"))))[..12];
        var target = Path.Combine(CacheFolder(), "axvault-tests", $"{name}-{version}");
        if (Directory.Exists(target))
        {
            return target;
        }

        var staging = $"{target}.{Guid.NewGuid():N}";
        Directory.CreateDirectory(staging);
        try
        {
            foreach (var file in Directory.EnumerateFiles(source))
            {
                File.Copy(file, Path.Combine(staging, Path.GetFileName(file)));
            }

            foreach (var arguments in commands)
            {
                await NpmAsync(staging, arguments);
            }

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

    private static async Task NpmAsync(string folder, string[] arguments)
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
                throw new NpmException($"npm {string.Join(' ', arguments)} failed: {run.Errors}");
            }
        }
        catch (Win32Exception exception)
        {
            throw new NpmException("npm is not installed.", exception);
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

/// <summary>The packages cannot be installed on this machine.</summary>
internal sealed class NpmException(string message, Exception? cause = null) : Exception(message, cause);
