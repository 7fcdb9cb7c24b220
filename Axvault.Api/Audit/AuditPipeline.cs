using Axvault.Api.Authorization;
using Axvault.Api.Confirmation;
using Axvault.Api.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;

namespace Axvault.Api.Audit;

/// <summary>Makes every authenticated call leave its entry, and holds the answer back until it is committed.</summary>
internal static class AuditPipeline
{
    /// <summary>Says what a call is, in the audit log; a call without it is not let through.</summary>
    public static RouteHandlerBuilder WithAudit(this RouteHandlerBuilder route, string action) => route.WithMetadata(new AuditedAction(action));

    /// <summary>Makes the <see cref="AuditTrail"/> of each authenticated call, and closes it when the call ends by an exception or without a result.</summary>
    public static void UseAudit(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);

        var (log, source) = (app.ApplicationServices.GetRequiredService<AuditLog>(), app.ApplicationServices.GetRequiredService<AuditSource>());
        app.Use((context, next) => context.Features.Get<Caller>() is { } caller && context.GetEndpoint()?.Metadata.GetMetadata<AuditedAction>() is { } audited
            ? RunAsync(context, next, new AuditTrail(log, source, caller, audited.Name, TargetOf(context)) { Confirmations = context.Features.Get<Confirmations>() })
            : next(context));
    }

    /// <summary>Closes the trail when the handler has its result, before any of it is sent.</summary>
    public static RouteGroupBuilder WithAuditedResults(this RouteGroupBuilder group) => group.AddEndpointFilter(static async (invocation, next) =>
    {
        var trail = invocation.HttpContext.Features.GetRequiredFeature<AuditTrail>();
        var result = await next(invocation);
        if (!trail.IsClosed)
        {
            var (status, code) = Describe(result);
            await trail.CloseAsync(status, code);
        }

        return result;
    });

    private static async Task RunAsync(HttpContext context, RequestDelegate next, AuditTrail trail)
    {
        context.Features.Set(trail);
        try
        {
            await next(context);
        }
        catch (Exception exception) when (!trail.IsClosed)
        {
            var status = FaultHandler.StatusOf(exception);
            if (DatabaseFault.IsUnavailable(exception))
            {
                trail.Abandon(ErrorCode.Of(status));
            }
            else
            {
                await trail.CloseAsync(status, ErrorCode.Of(status));
            }

            throw;
        }

        if (!trail.IsClosed)
        {
            await trail.CloseAsync(context.Response.StatusCode, context.Response.StatusCode < StatusCodes.Status400BadRequest ? null : ErrorCode.Of(context.Response.StatusCode));
        }
    }

    // A client may ask for anything by name, a secret in the wrong place for one: only what has the form of a name or an id is recorded.
    private static string? TargetOf(HttpContext context) =>
        context.GetRouteValue("name") is string name && CredentialName.TryParse(name, out var credential) ? credential.Value
        : context.GetRouteValue("id") is string id && KeyId.TryParse(id, out var key) ? key.Value
        : null;

    private static (int Status, string? Code) Describe(object? result)
    {
        while (result is INestedHttpResult { Result: var inner })
        {
            result = inner;
        }

        var status = (result as IStatusCodeHttpResult)?.StatusCode ?? StatusCodes.Status200OK;
        var code = result is IValueHttpResult { Value: ProblemDetails problem } ? problem.Extensions.TryGetValue("error", out var error) ? error as string : ErrorCode.Of(status) : null;
        return (status, code);
    }

    private sealed record AuditedAction(string Name);
}
