namespace Axvault.Hosting.Keys;

/// <summary>An API key that the AppHost made for itself or for a project, and uses again at the next start.</summary>
/// <remarks>The key works with one database only, so it is kept beside the data of a database that the AppHost runs.</remarks>
/// <param name="file">The file that keeps the key, readable by its owner only; <c>null</c> to keep it in memory until the AppHost ends.</param>
internal sealed class KeptKey(string? file)
{
    private readonly Lock _lock = new();
    private string? _text = file is not null && File.Exists(file) ? File.ReadAllText(file) : null;

    /// <summary><c>true</c> when the key outlives the AppHost; otherwise <c>false</c>.</summary>
    public bool IsKept => file is not null;

    /// <summary>Returns what is kept, or <c>null</c> when nothing is.</summary>
    public string? Reveal()
    {
        lock (_lock)
        {
            return _text;
        }
    }

    /// <summary>Replaces what is kept by <paramref name="text"/>.</summary>
    public void Keep(string text)
    {
        lock (_lock)
        {
            _text = text;
            if (file is not null)
            {
                PrivateFile.Write(file, text);
            }
        }
    }

    /// <summary>Deletes what is kept.</summary>
    public void Forget()
    {
        lock (_lock)
        {
            _text = null;
            if (File.Exists(file))
            {
                File.Delete(file);
            }
        }
    }

    /// <inheritdoc />
    public override string ToString() => "axv_sk_…";
}
