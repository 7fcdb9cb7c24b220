using System.Globalization;
using Axvault.AppHost.EmbeddedPostgres;
using Axvault.Tests.Server;

namespace Axvault.Exercise.Fleet;

/// <summary>A folder of the exercise's own, which other users may enter (PostgreSQL does not run as root), removed at its end. Everything that runs in it ends with it.</summary>
internal sealed class ScratchFolder : IAsyncDisposable
{
    private const int Tries = 200;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Makes it.</summary>
    public ScratchFolder()
    {
        Path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"axvault-exercise-{Guid.NewGuid():N}");
        Directory.CreateDirectory(Path);
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>Makes a folder in it.</summary>
    public string Make(string name) => Directory.CreateDirectory(System.IO.Path.Combine(Path, name)).FullName;

    /// <summary>Makes a folder in it that belongs to the user that PostgreSQL runs as.</summary>
    public async Task<string> MakeForPostgresAsync(string name, CancellationToken cancellationToken)
    {
        var folder = Make(name);
        await UnprivilegedUser.OwnAsync(folder, cancellationToken);
        return folder;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        // What somebody was about to start who was interrupted himself: PostgreSQL, by Patroni.
        for (var tries = 0; tries < Tries && Inhabitants() is { Count: > 0 } left; tries++)
        {
            left.ForEach(static id => Signal.Send(id, Signal.Kill));
            await Task.Delay(Pause);
        }

        Directory.Delete(Path, recursive: true);
    }

    private List<int> Inhabitants() =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Select(static folder => int.TryParse(System.IO.Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0)
            .Where(id => id > 0 && FolderOf(id)?.StartsWith(Path, StringComparison.Ordinal) == true),
    ];

    // A process that has ended has none, and that of another user is hidden.
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
