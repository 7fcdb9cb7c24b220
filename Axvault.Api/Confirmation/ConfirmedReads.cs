using System.Security.Claims;
using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.Features;

namespace Axvault.Api.Confirmation;

/// <summary>Lets a call be decided by rows that the server remembers, and decides it anew by those of the database when they have changed.</summary>
internal static class ConfirmedReads
{
    /// <summary>Marks a call that can be run again: it changes nothing, or only in the transaction that confirms what it was decided by.</summary>
    public static RouteHandlerBuilder MayReadFromMemory(this RouteHandlerBuilder route) => route.WithMetadata(ReadsFromMemory.Instance);

    /// <summary>Must be before authentication, which is repeated with the rest.</summary>
    public static void UseConfirmedReads(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);

        var telemetry = app.ApplicationServices.GetRequiredService<ConfirmationTelemetry>();
        app.Use((context, next) => context.GetEndpoint()?.Metadata.GetMetadata<ReadsFromMemory>() is null ? next(context) : RunAsync(context, next, telemetry));
    }

    private static async Task RunAsync(HttpContext context, RequestDelegate next, ConfirmationTelemetry telemetry)
    {
        context.Features.Set(new Confirmations());
        var body = context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true ? new KeptBody(context.Request.Body) : null;
        context.Request.Body = body ?? context.Request.Body;
        try
        {
            await next(context);
        }
        catch (StaleReadException) when (!context.Response.HasStarted)
        {
            telemetry.WasStale();
            context.Request.Body = body?.Again() ?? context.Request.Body;
            await RunAgainAsync(context, next);
        }
    }

    // Nothing of whom the first run took the caller for may be left: where the second one authenticates nobody, the framework keeps what it finds. The
    // services of the request remember it too, so the second run has its own.
    private static async Task RunAgainAsync(HttpContext context, RequestDelegate next)
    {
        context.Features.Set(SecondRun.Instance);
        context.Features.Set<Confirmations>(null);
        context.Features.Set<Caller>(null);
        context.Features.Set<AuditTrail>(null);
        context.Features.Set<IAuthenticateResultFeature>(null);
        context.User = new ClaimsPrincipal(new ClaimsIdentity());
        context.Response.Clear();
        var services = context.RequestServices;
        await using var scope = services.CreateAsyncScope();
        context.RequestServices = scope.ServiceProvider;
        try
        {
            await next(context);
        }
        finally
        {
            context.RequestServices = services;
        }
    }

    private sealed class ReadsFromMemory
    {
        public static readonly ReadsFromMemory Instance = new();
    }
}
