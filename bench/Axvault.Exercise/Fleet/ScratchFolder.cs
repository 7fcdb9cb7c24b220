using Axvault.AppHost.EmbeddedPostgres;

namespace Axvault.Exercise.Fleet;

/// <summary>A folder of the exercise's own, which other users may enter (PostgreSQL does not run as root), removed at its end.</summary>
internal sealed class ScratchFolder : IDisposable
{
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
    public void Dispose() => Directory.Delete(Path, recursive: true);
}
