namespace Axvault.Tests.Refresh.Providers;

/// <summary>A temporary file, deleted at the end of a test.</summary>
internal sealed class TemporaryFile : IDisposable
{
    public TemporaryFile(byte[] content) => File.WriteAllBytes(Path, content);

    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"axvault-test-{Guid.NewGuid():n}");

    public void Dispose() => File.Delete(Path);
}
