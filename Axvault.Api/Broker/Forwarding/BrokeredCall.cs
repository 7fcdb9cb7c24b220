namespace Axvault.Api.Broker.Forwarding;

/// <summary>The result of a call that may leave. It runs after its audit entry is committed.</summary>
internal sealed class BrokeredCall(CallForwarder forwarder, CallPlan plan) : IResult
{
    /// <inheritdoc />
    public Task ExecuteAsync(HttpContext httpContext) => forwarder.RunAsync(httpContext, plan);
}
