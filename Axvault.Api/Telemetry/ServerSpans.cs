using System.Diagnostics;

namespace Axvault.Api.Telemetry;

/// <summary>The source of all spans of the server. Without a listener a span is <c>null</c> and costs nothing.</summary>
/// <remarks>A span holds names and codes, never a token, a secret or credential data. docs/operations/observability.md lists every span and tag.</remarks>
internal static class ServerSpans
{
    /// <summary>The name of the source of spans, and of the meter.</summary>
    public const string SourceName = "Axvault";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>Starts a child of the current span.</summary>
    public static Activity? Start(string name) => Source.StartActivity(name);

    /// <summary>Starts a child of <paramref name="parent"/>.</summary>
    public static Activity? Start(string name, ActivityContext parent) => Source.StartActivity(name, ActivityKind.Internal, parent);

    /// <summary>Marks <paramref name="span"/> as failed.</summary>
    /// <param name="span">The span.</param>
    /// <param name="error">The code of the failure.</param>
    public static void Fail(this Activity? span, string error)
    {
        span?.SetTag(TelemetryTag.ErrorType, error);
        span?.SetStatus(ActivityStatusCode.Error);
    }

    /// <summary>Marks <paramref name="span"/> as failed with the type of <paramref name="exception"/>.</summary>
    /// <remarks>The message is left out, because it may quote anything.</remarks>
    public static void Fail(this Activity? span, Exception exception)
    {
        span.Fail(exception.GetType().FullName!);
    }
}
