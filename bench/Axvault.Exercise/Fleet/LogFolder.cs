namespace Axvault.Exercise.Fleet;

/// <summary>The output of the processes in <c>artifacts/exercise</c>, one file each. It is kept until the next run.</summary>
internal sealed class LogFolder : IDisposable
{
    private readonly string _folder;
    private readonly List<TextWriter> _writers = [];

    /// <summary>Empties the log folder of the exercise <paramref name="name"/>.</summary>
    public LogFolder(string name)
    {
        _folder = Path.Combine(Checkout.Root, "artifacts", "exercise", name);
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }

        Directory.CreateDirectory(_folder);
    }

    /// <summary>Opens the log of a process. Lines may come from several threads.</summary>
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
                // The last lines of a killed process may come after the end.
            }
        };
    }

    /// <inheritdoc />
    public void Dispose() => _writers.ForEach(static writer => writer.Dispose());
}
