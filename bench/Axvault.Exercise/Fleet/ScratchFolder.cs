using System.Globalization;
using Axvault.AppHost.EmbeddedPostgres;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Exercise.Fleet;

/// <summary>
/// A temporary folder of the exercise. Other users may enter it, because PostgreSQL does not run as root. Disposing removes it, and kills every
/// process that runs in it.
/// </summary>
internal sealed class ScratchFolder : IAsyncDisposable
{
    private const int Tries = 200;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Creates the folder.</summary>
    public ScratchFolder()
    {
        Path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"axvault-exercise-{Guid.NewGuid():N}");
        Directory.CreateDirectory(Path);
    }

    /// <summary>The path of the folder.</summary>
    public string Path { get; }

    /// <summary>Creates a folder inside.</summary>
    public string Make(string name) => Directory.CreateDirectory(System.IO.Path.Combine(Path, name)).FullName;

    /// <summary>Creates a folder inside that belongs to the user of PostgreSQL.</summary>
    public async Task<string> MakeForPostgresAsync(string name, CancellationToken cancellationToken)
    {
        var folder = Make(name);
        await UnprivilegedUser.OwnAsync(folder, cancellationToken);
        return folder;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        // An interrupted start may leave processes behind, such as a PostgreSQL that Patroni was about to start.
        for (var tries = 0; tries < Tries && ProcessesInside() is { Count: > 0 } left; tries++)
        {
            left.ForEach(static id => Signal.Send(id, Signal.Kill));
            await Task.Delay(Pause);
        }

        Directory.Delete(Path, recursive: true);
    }

    private List<int> ProcessesInside() =>
        [
            .. Directory
                .EnumerateDirectories("/proc")
                .Select(static folder => int.TryParse(System.IO.Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0)
                .Where(id => id > 0 && FolderOf(id)?.StartsWith(Path, StringComparison.Ordinal) == true),
        ];

    // Returns null for a process that has ended, or that belongs to another user.
    private static string? FolderOf(int id)
    {
        try
        {
            return new DirectoryInfo($"/proc/{id}/cwd").LinkTarget;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
