using System.Diagnostics;

namespace Axvault.Api.Pipeline;

/// <summary>
/// The trace of a request. A client cannot choose the trace id of an audit entry, nor whether spans are recorded: the request is a trace of its own, with a
/// link to the client's span. Behind a trusted proxy, <see cref="ListenerOptions.TrustsTraces"/> makes it a part of the client's trace.
/// </summary>
/// <remarks>The framework asks before the first middleware runs, when the address is still that of the peer.</remarks>
internal sealed class ClientTrace(IHttpContextAccessor http, ListenerOptions options) : DistributedContextPropagator
{
    private const string ParentHeader = "traceparent";

    private readonly DistributedContextPropagator _w3c = CreateW3CPropagator();

    /// <inheritdoc />
    public override IReadOnlyCollection<string> Fields => _w3c.Fields;

    private bool IsTrusted => options.TrustsTraces && options.Trusts(http.HttpContext?.Connection.RemoteIpAddress);

    /// <inheritdoc />
    public override void Inject(Activity? activity, object? carrier, PropagatorSetterCallback? setter) => _w3c.Inject(activity, carrier, setter);

    /// <inheritdoc />
    public override void ExtractTraceIdAndState(object? carrier, PropagatorGetterCallback? getter, out string? traceId, out string? traceState)
    {
        (traceId, traceState) = (null, null);
        if (IsTrusted)
        {
            _w3c.ExtractTraceIdAndState(carrier, getter, out traceId, out traceState);
        }
    }

    /// <summary>Returns nothing: no part of the server reads baggage, and nothing passes it on.</summary>
    public override IEnumerable<KeyValuePair<string, string?>>? ExtractBaggage(object? carrier, PropagatorGetterCallback? getter) => null;

    /// <summary>Links the span of a request to the span that its client names.</summary>
    public static void Link(HttpContext context)
    {
        if (
            Activity.Current is { HasRemoteParent: false } span
            && context.Request.Headers[ParentHeader] is [{ } parent]
            && ActivityContext.TryParse(parent, traceState: null, isRemote: true, out var client)
        )
        {
            span.AddLink(new ActivityLink(client));
        }
    }
}
