namespace Axvault.Exercise.Fleet;

/// <summary>What the processes write, a file each, in <c>artifacts/exercise</c>: kept until the next run.</summary>
internal sealed class LogFolder : IDisposable
{
    private readonly string _folder;
    private readonly List<TextWriter> _writers = [];

    /// <summary>Empties the folder of the exercise <paramref name="name"/>.</summary>
    public LogFolder(string name)
    {
        _folder = Path.Combine(Checkout.Root, "artifacts", "exercise", name);
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }

        Directory.CreateDirectory(_folder);
    }

    /// <summary>Opens the log of a process, whose lines may come from several threads.</summary>
    public Action<string> Open(string name)
    {
        var writer = TextWriter.Synchronized(new StreamWriter(Path.Combine(_folder, $"{name}.log")) { AutoFlush = true });
        _writers.Add(writer);
        return line =>
        {
            try
            {
                writer.WriteLine(line);
            }
            catch (ObjectDisposedException)
            {
                // The last lines of what was killed.
            }
        };
    }

    /// <inheritdoc />
    public void Dispose() => _writers.ForEach(static writer => writer.Dispose());
}
