using System.Diagnostics;
using System.Diagnostics.Metrics;
using Axvault.Api.Telemetry;

namespace Axvault.Api.Authorization;

/// <summary>The span and the metric of access decisions.</summary>
internal sealed class AuthorizationTelemetry
{
    private const string AccessTag = "axvault.authorization.access";
    private const string OutcomeTag = "axvault.authorization.outcome";

    private readonly Counter<long> _decisions;

    /// <summary>Creates the instruments.</summary>
    public AuthorizationTelemetry(IMeterFactory meters)
    {
        _decisions = meters
            .Create(ServerSpans.SourceName)
            .CreateCounter<long>("axvault.authorization.decisions", "{decision}", "Decisions on what an authenticated caller may do.");
    }

    /// <summary>Starts the span of a decision.</summary>
    public static Activity? Start() => ServerSpans.Start("authorize");

    /// <summary>Counts a decision, and tags <paramref name="span"/> with it.</summary>
    public void Decided(Activity? span, AccessKind access, bool allowed)
    {
        var (kind, outcome) = (Name(access), allowed ? "allowed" : "denied");
        span?.SetTag(AccessTag, kind);
        span?.SetTag(OutcomeTag, outcome);
        if (!allowed)
        {
            span.Fail(outcome);
        }

        _decisions.Add(1, new(AccessTag, kind), new(OutcomeTag, outcome));
    }

    /// <summary>Returns the name of a kind of access in telemetry.</summary>
    public static string Name(AccessKind access) =>
        access switch
        {
            AccessKind.Read => "read",
            AccessKind.Write => "write",
            AccessKind.Use => "use",
            _ => "grant",
        };
}
