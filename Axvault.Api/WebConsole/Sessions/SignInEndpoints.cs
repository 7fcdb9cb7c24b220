using Axvault.Api.Authentication;
using Axvault.Api.Http;
using Axvault.Api.Keys;
using Axvault.Api.WebConsole.Layout;
using Axvault.Client;

namespace Axvault.Api.WebConsole.Sessions;

/// <summary>Sign-in with an API key, and sign-out.</summary>
internal static class SignInEndpoints
{
    private const string Path = "/console/sign-in";
    private const string KeyField = "key";
    private const string ReturnField = "to";

    /// <summary>Maps the pages.</summary>
    public static void MapSignIn(this IEndpointRouteBuilder console)
    {
        var open = console.MapGroup("").WithMetadata(new ConsolePage(IsOpen: true), new BodyMaximum(ConsoleForm.MaxOpenBytes));
        open.MapGet("/sign-in", Show);
        open.MapPost("/sign-in", SignInAsync);
        open.MapPost("/sign-out", SignOutAsync);
    }

    /// <summary>Leads a browser without a session to the sign-in, and from there back to its page.</summary>
    public static async Task LeadToSignInAsync(HttpContext context)
    {
        var request = context.Request;
        var wanted = HttpMethods.IsGet(request.Method) && !IsPartial(request) ? request.Path + request.QueryString : "/console";
        var path = $"{Path}?{ReturnField}={Uri.EscapeDataString(wanted)}";
        if (IsPartial(request))
        {
            // A part of a page cannot hold the sign-in: the script loads the whole page anew.
            context.Response.Headers["HX-Redirect"] = path;
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }

        await ConsoleVisit.SeeOther(path).ExecuteAsync(context);
    }

    /// <summary>Returns <paramref name="wanted"/> when it is a page of the console; otherwise the first page.</summary>
    public static string ReturnPathOf(string? wanted) => IsOfConsole(wanted) ? wanted! : "/console";

    private static IResult Show(HttpContext context, ConsoleOptions console) =>
        Page(console, context.Request.Query[ReturnField], null, StatusCodes.Status200OK);

    private static async Task<IResult> SignInAsync(HttpContext context, ConsoleOptions console, SessionCookie cookie, TimeProvider time)
    {
        var form = context.Request.Form;
        var (text, wanted) = (form[KeyField].ToString().Trim(), form[ReturnField].ToString());

        // The secret takes the way of every request, so the limit on failures and the audit log see each attempt.
        using var http = ConsoleVisit.HttpOf(context, key: null);
        http.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", $"Bearer {(text.Length == 0 ? "none" : text)}");
        try
        {
            var key = await new AxvaultClient(http).Keys.ReadSelfAsync(context.RequestAborted);
            if (!ApiKeySecret.TryParse(text, out var secret))
            {
                return Page(console, wanted, "The vault does not know this key.", StatusCodes.Status401Unauthorized);
            }

            cookie.Write(context, ConsoleSession.Begin(secret.Hash(), key.Id, key.Name, time.GetUtcNow()));
            return ConsoleVisit.SeeOther(ReturnPathOf(wanted));
        }
        catch (AxvaultException exception)
        {
            return Page(console, wanted, MessageOf(exception), (int?)exception.Status ?? StatusCodes.Status503ServiceUnavailable);
        }
    }

    private static async Task<IResult> SignOutAsync(HttpContext context, SessionCookie cookie)
    {
        if (cookie.Read(context) is { OwnsKey: true } session)
        {
            using var http = ConsoleVisit.HttpOf(context, new SessionKey(session.KeyHash));
            try
            {
                await new AxvaultClient(http).Keys.DeleteSelfAsync(context.RequestAborted);
            }
            catch (AxvaultException)
            {
                // The browser loses its session in any case. A key that is left ends by itself.
            }
        }

        SessionCookie.Delete(context);
        return ConsoleVisit.SeeOther(Path);
    }

    private static IResult Page(ConsoleOptions console, string? wanted, string? failure, int status) =>
        Results.RazorSlice(
            SignIn.Create(
                new SignInModel(new PageFrame("Sign in", ConsoleSection.None, null, null), ReturnPathOf(wanted), failure, console.Oidc?.Name)
            ),
            status
        );

    private static string MessageOf(AxvaultException exception) =>
        exception.Error switch
        {
            AxvaultError.Unauthorized => "The vault does not know this key.",
            AxvaultError.RateLimited => exception.RetryAfter is { } wait
                ? $"Too many failed attempts. Try again in {(int)wait.TotalSeconds + 1} s."
                : "Too many failed attempts. Try again later.",
            _ => exception.Message,
        };

    // Another host, as in //host or /\host, is never led to, and no step up is taken: a browser reads %2e as a dot.
    private static bool IsOfConsole(string? path) =>
        path is not null
        && (path == "/console" || path.StartsWith("/console/", StringComparison.Ordinal) || path.StartsWith("/console?", StringComparison.Ordinal))
        && !path.Contains('\\')
        && !path.Any(char.IsControl)
        && path.Split('?')[0].Split('/').All(static part => Uri.UnescapeDataString(part) is not ("." or ".."));

    private static bool IsPartial(HttpRequest request) => request.Headers.ContainsKey("HX-Request");
}
