namespace Axvault.Api.Http;

/// <summary>Marks calls whose bodies are passed on as they arrive: they are neither read as JSON nor kept in memory.</summary>
internal sealed class StreamedBody
{
    /// <summary>The mark.</summary>
    public static readonly StreamedBody Instance = new();

    private StreamedBody() { }
}
