using System.Net;
using Axvault.Api.Broker.Running;
using Axvault.Api.Broker.Upstreams;
using Axvault.Api.Broker.Usage;
using Axvault.Api.Refresh.Grants;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Yarp.ReverseProxy.Forwarder;

namespace Axvault.Api.Broker.Forwarding;

/// <summary>Forwards calls. It holds no connection to the database while a call runs.</summary>
internal sealed partial class CallForwarder(
    IHttpForwarder forwarder,
    UpstreamConnections connections,
    CallRenewal renewal,
    RunningCalls running,
    CallRecorder recorder,
    IProblemDetailsService problems,
    ILogger<CallForwarder> logger
)
{
    // Claude Code waits 600 s for an answer, and a model may think as long between two events.
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(15);

    private static readonly ForwarderRequestConfig Rules = new()
    {
        ActivityTimeout = Silence,
        AllowResponseBuffering = false,
        Version = HttpVersion.Version20,
        VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
    };

    // Over HTTP/2 a websocket is no upgrade (RFC 8441), and its answer looks like that of any call.
    private static readonly ForwarderRequestConfig SocketRules = Rules with { Version = HttpVersion.Version11 };

    /// <summary>Runs a call to its end, and records the end.</summary>
    public async Task RunAsync(HttpContext context, CallPlan plan)
    {
        if (context.Features.Get<IStatusCodePagesFeature>() is { } pages)
        {
            // An answer of the upstream stays as it is, also without a body.
            pages.Enabled = false;
        }

        using var call = running.Begin(plan, context.RequestAborted);
        using var meter = new UsageMeter();
        var fault = CallFault.OfServer;
        try
        {
            var ended = await ForwardAsync(context, plan, call, meter);
            await CompleteAsync(context, ended);
            fault = ended;
        }
        finally
        {
            // However a call ends, its end and its use are recorded.
            if (fault == CallFault.OfServer && context.RequestAborted.IsCancellationRequested)
            {
                fault = CallFault.ClientLeft;
            }

            recorder.Record(
                plan,
                new CallEnd(
                    fault is null || context.Response.HasStarted ? context.Response.StatusCode : fault.Status,
                    meter.Bytes,
                    running.Elapsed(call),
                    call.Reason ?? fault?.Word,
                    meter.Read()
                ),
                isAborted: fault is not null || context.RequestAborted.IsCancellationRequested
            );
        }
    }

    // The last byte leaves before the end is recorded: the client waits for the answer alone.
    private async Task CompleteAsync(HttpContext context, CallFault? fault)
    {
        if (fault is not null && context.Response.HasStarted)
        {
            // The forwarder has cut the answer.
            return;
        }

        if (fault is not null && !context.RequestAborted.IsCancellationRequested)
        {
            await RefuseAsync(context, fault);
        }

        await context.Response.CompleteAsync();
    }

    // Returns null when the answer of the upstream went to the client.
    private async Task<CallFault?> ForwardAsync(HttpContext context, CallPlan plan, RunningCall call, UsageMeter meter)
    {
        try
        {
            return await SendAsync(context, plan, call, meter);
        }
        catch (OperationCanceledException) when (call.Reason is not null)
        {
            return CallFault.Ended(call.Reason);
        }
        catch (Exception exception) when (CallFault.OfClient(exception, context.RequestAborted) is { } fault)
        {
            return fault;
        }
    }

    private async Task<CallFault?> SendAsync(HttpContext context, CallPlan plan, RunningCall call, UsageMeter meter)
    {
        var body = await RepeatedBody.ReadAsync(context, plan, call.Token);
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            // From here on a slow upload holds nothing but its connection. A kept body holds memory, so it had to arrive at the minimum rate.
            rate.MinDataRate = null;
        }

        var (answer, fault) = await TryAsync(context, plan, call, new UpstreamAnswer(plan, meter, body));
        if (
            answer is { IsWithheld: true, Status: HttpStatusCode.Unauthorized }
            && body is not null
            && await renewal.RenewAsync(plan, call.Token) is { } renewed
        )
        {
            context.Response.Clear();
            body.Rewind();
            (answer, fault) = await TryAsync(context, renewed, call, new UpstreamAnswer(renewed, meter, body));
        }

        return call.Reason is { } reason ? CallFault.Ended(reason)
            : fault is not null ? fault
            : answer.IsWithheld ? CallFault.Withheld(plan, answer.Status!.Value)
            : null;
    }

    private async Task<(UpstreamAnswer Answer, CallFault? Fault)> TryAsync(HttpContext context, CallPlan plan, RunningCall call, UpstreamAnswer answer)
    {
        var rules = plan.Target.Method == AllowedPath.WebSocket ? SocketRules : Rules;
        var error = await forwarder.SendAsync(context, plan.Upstream.Url.AbsoluteUri, connections.Client, rules, answer, call.Token);
        if (error == ForwarderError.None || (answer.HasEnded && IsOfBody(error)))
        {
            return (answer, null);
        }

        var exception = context.GetForwarderErrorFeature()?.Exception;
        var fault = CallFault.Of(error, exception, plan);
        if (fault.IsOfUpstream && exception is not null)
        {
            Log.Failed(logger, plan.Upstream.Name, error, ConnectionFault.Explain(exception));
        }

        return (answer, fault);
    }

    // An upstream may answer before it has read the body. The rest of the body is of no use then.
    private static bool IsOfBody(ForwarderError error) =>
        error is ForwarderError.RequestBodyCanceled or ForwarderError.RequestBodyClient or ForwarderError.RequestBodyDestination;

    private async Task RefuseAsync(HttpContext context, CallFault fault)
    {
        context.Response.Clear();
        context.Response.StatusCode = fault.Status;
        if (fault.Status == StatusCodes.Status503ServiceUnavailable)
        {
            context.Response.Headers.RetryAfter = "1";
        }

        await problems.WriteAsync(
            new ProblemDetailsContext { HttpContext = context, ProblemDetails = { Status = fault.Status, Detail = fault.Message } }
        );
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "A call to {Upstream} failed ({Error}): {Reason}")]
        public static partial void Failed(ILogger logger, string upstream, ForwarderError error, string reason);
    }
}
