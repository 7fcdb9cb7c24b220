using Axvault.Api.Authorization;
using Axvault.Api.Database;
using Axvault.Api.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Axvault.Api.Audit;

/// <summary>Makes the audit entry of every authenticated call.</summary>
internal static class AuditPipeline
{
    /// <summary>Names the action of a call in the audit log. A call without an action is refused.</summary>
    public static RouteHandlerBuilder WithAudit(this RouteHandlerBuilder route, string action) => route.WithMetadata(new AuditedAction(action));

    /// <summary>Checks the access of the caller before the body is read. The refusal is audited as one of the handler.</summary>
    public static RouteHandlerBuilder ChecksAccessFirst(this RouteHandlerBuilder route, Func<HttpContext, Caller, AuditTrail, ProblemHttpResult?> refuse) =>
        route.WithMetadata(new AccessCheck(refuse));

    /// <summary>
    /// Makes the <see cref="AuditTrail"/> of each authenticated call, and closes it when the call ends with an exception or without a result.
    /// </summary>
    public static void UseAudit(this IApplicationBuilder app)
    {
        var (log, source) = (app.ApplicationServices.GetRequiredService<AuditLog>(), app.ApplicationServices.GetRequiredService<AuditSource>());
        app.Use(
            (context, next) =>
                context.Features.Get<Caller>() is { } caller && context.GetEndpoint()?.Metadata.GetMetadata<AuditedAction>() is { } audited
                    ? RunAsync(
                        context,
                        next,
                        new AuditTrail(log, source, caller, audited.Name, TargetOf(context)) { Confirmations = context.Features.Get<Confirmations>() }
                    )
                    : next(context)
        );
    }

    private static async Task RunAsync(HttpContext context, RequestDelegate next, AuditTrail trail)
    {
        context.Features.Set(trail);
        try
        {
            await next(context);
        }
        catch (Exception exception) when (!trail.IsClosed)
        {
            var status = FaultStatus.Of(exception);
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
            await trail.CloseAsync(
                context.Response.StatusCode,
                context.Response.StatusCode < StatusCodes.Status400BadRequest ? null : ErrorCode.Of(context.Response.StatusCode)
            );
        }
    }

    // A client may send anything as a name, even a secret. Only a text with the form of a name or an id is recorded.
    private static string? TargetOf(HttpContext context) =>
        (context.GetRouteValue("name") ?? context.GetRouteValue("rule") ?? context.GetRouteValue("issuer")) is string text
        && CredentialName.TryParse(text, out var name)
            ? name.Value
        : context.GetRouteValue("id") is string id && KeyId.TryParse(id, out var key) ? key.Value
        : null;

    private sealed record AuditedAction(string Name);
}
