using Axvault.Api.Authorization;
using Axvault.Api.RateLimits;
using Axvault.Api.WebConsole.Layout;
using Axvault.Api.WebConsole.Sessions;
using Axvault.Client;

namespace Axvault.Api.WebConsole;

/// <summary>The rules of every page: headers, session, the origin and token of a form, and the page of a failure.</summary>
internal static class ConsoleRules
{
    /// <summary>The field of the form token.</summary>
    public const string TokenField = "form-token";

    // Nothing is loaded from elsewhere, no script or style stands in a page, and no other page may show this one in a frame.
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        + "frame-ancestors 'none'";

    /// <summary>Adds the rules to the pipeline.</summary>
    public static void UseConsoleRules(this IApplicationBuilder app) =>
        app.Use(
            static (context, next) =>
                context.GetEndpoint()?.Metadata.GetMetadata<ConsolePage>() is { } page ? ServeAsync(context, page, next) : next(context)
        );

    private static async Task ServeAsync(HttpContext context, ConsolePage page, RequestDelegate next)
    {
        Protect(context.Response.Headers);
        if (!IsRead(context.Request) && !ComesFromHere(context.Request))
        {
            await FailurePage.Refuse("The form was sent from another site.", StatusCodes.Status403Forbidden).ExecuteAsync(context);
            return;
        }

        if (!page.IsOpen)
        {
            await ServeSessionAsync(context, next);
            return;
        }

        if (!IsRead(context.Request) && await ConsoleForm.ReadAsync(context, memory: null) is { } refusal)
        {
            await refusal.ExecuteAsync(context);
            return;
        }

        await next(context);
    }

    private static async Task ServeSessionAsync(HttpContext context, RequestDelegate next)
    {
        var services = context.RequestServices;
        if (services.GetRequiredService<SessionCookie>().Read(context) is not { } session)
        {
            await SignInEndpoints.LeadToSignInAsync(context);
            return;
        }

        // A form is in memory until the page is answered.
        using var memory = new RequestMemory(services.GetRequiredService<MemoryBudget>(), KeyId.FromStored(session.KeyId));
        var isForm = !IsRead(context.Request);
        var refusal = isForm ? await ConsoleForm.ReadAsync(context, memory) : null;
        if (isForm && refusal is null && !session.Accepts(context.Request.Form[TokenField]))
        {
            refusal = FailurePage.Refuse(
                "The form does not belong to this session. Go back, load the page again, and repeat the change.",
                StatusCodes.Status403Forbidden
            );
        }

        if (refusal is not null)
        {
            await refusal.ExecuteAsync(context);
            return;
        }

        var visit = new ConsoleVisit(context, session, isForm ? context.Request.Form : FormCollection.Empty);
        context.Features.Set(visit);
        await RunAsync(context, visit, next);
    }

    private static async Task RunAsync(HttpContext context, ConsoleVisit visit, RequestDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (AxvaultException exception) when (!context.Response.HasStarted)
        {
            if (exception.Error == AxvaultError.Unauthorized)
            {
                // The key was deleted, has expired, or has another secret now: the session ends with it.
                SessionCookie.Delete(context);
                await SignInEndpoints.LeadToSignInAsync(context);
                return;
            }

            await FailurePage.Of(exception, visit).ExecuteAsync(context);
        }
    }

    private static bool IsRead(HttpRequest request) => HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);

    // Every browser names the origin of a POST. An absent one is no browser, and has no cookie that it did not choose itself.
    private static bool ComesFromHere(HttpRequest request) =>
        request.Headers["Sec-Fetch-Site"] is { Count: 0 } or ["same-origin"]
        && (
            request.Headers.Origin is not { Count: > 0 } origins
            || (origins is [{ } origin] && Uri.TryCreate(origin, UriKind.Absolute, out var from) && from.Authority == request.Host.Value)
        );

    private static void Protect(IHeaderDictionary headers)
    {
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()";
        // A page differs by session, and a back button after the end of one must not show it.
        headers.Vary = "Cookie";
    }
}
