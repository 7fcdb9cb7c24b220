using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Database;
using Axvault.Api.ReadCache;
using Microsoft.AspNetCore.Http.Features;
using Npgsql;

namespace Axvault.Api.Authentication;

/// <summary>
/// Holds each answer back until its audit entry is committed. When a cached row that decided the answer had changed, the database decides the call anew.
/// This is the only place where that happens.
/// </summary>
internal static class ConfirmedAnswers
{
    /// <summary>Adds the rule to every call of <paramref name="group"/>.</summary>
    public static RouteGroupBuilder WithConfirmedAnswers(this RouteGroupBuilder group) =>
        group.AddEndpointFilter(
            static async (invocation, next) =>
            {
                var trail = invocation.HttpContext.Features.GetRequiredFeature<AuditTrail>();
                try
                {
                    return await trail.CloseAsync(await next(invocation));
                }
                catch (StaleReadException)
                {
                    return await DecideAnewAsync(invocation, next, trail);
                }
                catch (NpgsqlException exception) when (IsSafe(invocation) && !trail.IsClosed && DatabaseFault.IsLostConnection(exception))
                {
                    // A change tries again by itself, where it knows that it was not made.
                    return await trail.CloseAsync(await next(invocation));
                }
            }
        );

    /// <summary>
    /// Adds the rule for calls that fail without an answer: a body that cannot be read is an exception before the rule of the group. The database decides the
    /// caller anew, because no cached row may refuse a call.
    /// </summary>
    public static void UseConfirmedFailures(this IApplicationBuilder app) =>
        app.Use(
            static async (context, next) =>
            {
                try
                {
                    await next(context);
                }
                catch (Exception exception) when (context.Features.Get<AuditTrail>() is { IsClosed: false, Confirmations: not null })
                {
                    if (!await ConfirmFailureAsync(context, exception))
                    {
                        throw;
                    }
                }
            }
        );

    // Returns true when the call is answered.
    private static async Task<bool> ConfirmFailureAsync(HttpContext context, Exception exception)
    {
        var trail = context.Features.GetRequiredFeature<AuditTrail>();
        trail.Confirmations = null;
        if (exception is OperationCanceledException || DatabaseFault.IsUnavailable(exception))
        {
            return false;
        }

        var services = context.RequestServices;
        var (caller, attempt) = await services.GetRequiredService<CallerFinder>().FindAgainAsync(context);
        if (caller is not null)
        {
            trail.Restart(caller);
            return false;
        }

        trail.Drop();
        context.Response.Clear();
        await services.GetRequiredService<AuthenticationGate>().RefuseAsync(context, attempt);
        return true;
    }

    private static async ValueTask<object?> DecideAnewAsync(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next, AuditTrail trail)
    {
        var context = invocation.HttpContext;
        context.RequestServices.GetRequiredService<ReadCacheTelemetry>().WasStale();
        context.Response.Clear();
        var (caller, attempt) = await context.RequestServices.GetRequiredService<CallerFinder>().FindAgainAsync(context);
        if (caller is null)
        {
            trail.Drop();
            return new RefusedResult(attempt);
        }

        for (var i = 0; i < invocation.Arguments.Count; i++)
        {
            if (invocation.Arguments[i] is Caller)
            {
                invocation.Arguments[i] = caller;
            }
        }

        trail.Restart(caller);
        return await trail.CloseAsync(await next(invocation));
    }

    private static bool IsSafe(EndpointFilterInvocationContext invocation) =>
        HttpMethods.IsGet(invocation.HttpContext.Request.Method) || HttpMethods.IsHead(invocation.HttpContext.Request.Method);

    private sealed class RefusedResult(AuthenticationAttempt attempt) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext) =>
            httpContext.RequestServices.GetRequiredService<AuthenticationGate>().RefuseAsync(httpContext, attempt);
    }
}
