using System.Diagnostics;

namespace Axvault.Api.Telemetry;

/// <summary>
/// The server's one source of spans. A span that nobody listens to is <see langword="null"/> and costs nothing. docs/observability.md lists every
/// span and tag: names and codes, never a token, a secret or data.
/// </summary>
internal static class VaultSpans
{
    /// <summary>The name of the source of spans, and of the meter.</summary>
    public const string SourceName = "Axvault";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>Begins a span below the current one.</summary>
    public static Activity? Start(string name) => Source.StartActivity(name);

    /// <summary>Begins a span below <paramref name="parent"/>.</summary>
    public static Activity? Start(string name, ActivityContext parent) => Source.StartActivity(name, ActivityKind.Internal, parent);

    /// <summary>Marks <paramref name="span"/> as failed.</summary>
    /// <param name="span">The span.</param>
    /// <param name="error">What failed: a code.</param>
    public static void Fail(this Activity? span, string error)
    {
        span?.SetTag(TelemetryTag.ErrorType, error);
        span?.SetStatus(ActivityStatusCode.Error);
    }

    /// <summary>Marks <paramref name="span"/> as failed by <paramref name="exception"/>, of which it tells the type alone: a message may quote anything.</summary>
    public static void Fail(this Activity? span, Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);

        span.Fail(exception.GetType().FullName!);
    }
}
