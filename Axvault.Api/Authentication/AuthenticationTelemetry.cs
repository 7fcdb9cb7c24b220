using System.Diagnostics;
using System.Diagnostics.Metrics;
using Axvault.Api.Authorization;
using Axvault.Api.Telemetry;

namespace Axvault.Api.Authentication;

/// <summary>The span and the metric of authentication.</summary>
internal sealed class AuthenticationTelemetry
{
    private const string OutcomeTag = "axvault.authentication.outcome";
    private const string KeyTag = "axvault.key.id";

    private readonly Counter<long> _outcomes;

    /// <summary>Creates the instruments.</summary>
    public AuthenticationTelemetry(IMeterFactory meters)
    {
        _outcomes = meters
            .Create(ServerSpans.SourceName)
            .CreateCounter<long>("axvault.authentication.outcomes", "{request}", "Requests by what came of their API key.");
    }

    /// <summary>Starts the span of authenticating a request.</summary>
    public static Activity? Start() => ServerSpans.Start("authenticate");

    /// <summary>Counts a request with the key of <paramref name="caller"/>.</summary>
    public void Succeeded(Activity? span, Caller caller)
    {
        span?.SetTag(KeyTag, caller.KeyId.Value);
        Count(span, AuthenticationOutcome.Success);
    }

    /// <summary>Counts a request without a known key.</summary>
    public void Failed(Activity? span, AuthenticationOutcome outcome)
    {
        Count(span, outcome);
        span.Fail(Name(outcome));
    }

    /// <summary>Counts a request whose key could not be looked up.</summary>
    public void Failed(Activity? span, Exception exception)
    {
        Count(span, AuthenticationOutcome.Error);
        span.Fail(exception);
    }

    /// <summary>Returns the name of an outcome in telemetry.</summary>
    public static string Name(AuthenticationOutcome outcome) =>
        outcome switch
        {
            AuthenticationOutcome.Success => "success",
            AuthenticationOutcome.Missing => "missing",
            AuthenticationOutcome.Malformed => "malformed",
            AuthenticationOutcome.Unknown => "unknown",
            AuthenticationOutcome.Expired => "expired",
            AuthenticationOutcome.Address => "address",
            AuthenticationOutcome.Limited => "limited",
            _ => "error",
        };

    private void Count(Activity? span, AuthenticationOutcome outcome)
    {
        var name = Name(outcome);
        span?.SetTag(OutcomeTag, name);
        _outcomes.Add(1, new KeyValuePair<string, object?>(OutcomeTag, name));
    }
}
