using System.Text.Json;
using Axvault.Api.WebConsole.Layout;
using Axvault.Api.WebConsole.Sessions;
using Axvault.Client;

namespace Axvault.Api.WebConsole.Logins;

/// <summary>A new login of a credential, by the person at the browser. Its codes are in the page of the session that began it, and nowhere else.</summary>
internal static class LoginPages
{
    private const int DefaultInterval = 5;

    /// <summary>Maps the pages.</summary>
    public static void MapLoginPages(this IEndpointRouteBuilder pages)
    {
        pages.MapGet("/credentials/{name}/login", ShowAsync);
        pages.MapPost("/credentials/{name}/login", BeginAsync);
        pages.MapPost("/credentials/{name}/login/finish", FinishAsync);
    }

    private static async Task<IResult> ShowAsync(ConsoleVisit visit, string name, CancellationToken cancellationToken) =>
        await visit.Vault.Credentials.FindAsync(name, cancellationToken) is { } credential
            ? LoginPage.Create(
                new LoginWaysModel(
                    visit.Frame("Log in again", ConsoleSection.Credentials),
                    credential,
                    await visit.Vault.Credentials.FindLoginFlowsAsync(name, cancellationToken)
                )
            )
            : FailurePage.NotFound(visit, "There is no such credential, or the key of this session may not read it.");

    private static async Task<IResult> BeginAsync(ConsoleVisit visit, string name, SessionSeal seal, CancellationToken cancellationToken)
    {
        var login = await visit.Vault.Credentials.BeginLoginAsync(name, visit.Text("flow"), cancellationToken);
        return LoginBegun.Create(Model(visit, name, login, Seal(seal, visit, login), login.Interval, null));
    }

    private static async Task<IResult> FinishAsync(
        ConsoleVisit visit,
        HttpContext context,
        string name,
        SessionSeal seal,
        CancellationToken cancellationToken
    )
    {
        if (
            visit.Text("draft") is not { } draft
            || seal.OpenLogin(visit.Session, draft) is not { } plain
            || JsonSerializer.Deserialize(plain, LoginPageJsonContext.Default.BegunLogin) is not { } login
        )
        {
            return FailurePage.Refuse("The login is not one of this session. Begin again.", StatusCodes.Status400BadRequest);
        }

        // The page asks by itself while the person confirms the code elsewhere. Without scripts the person presses the button.
        var isPart = context.Request.Headers.ContainsKey("HX-Request");
        try
        {
            var progress = await visit.Vault.Credentials.FinishLoginAsync(name, login.Login, visit.Text("answer"), cancellationToken);
            if (progress.Status != "pending")
            {
                return Done(context, name, isPart);
            }

            var next = login.After(progress);
            var model = Model(visit, name, next, Seal(seal, visit, next), next.Interval, null);
            return isPart ? LoginWaiting.Create(model) : LoginBegun.Create(model);
        }
        catch (AxvaultException exception) when (FormFailure.IsOfForm(exception) || exception.Error == AxvaultError.RefreshFailed)
        {
            var model = Model(visit, name, login, draft, login.Interval, FormFailure.Of(exception)) with
            {
                HasEnded = !exception.Errors.ContainsKey("answer"),
            };
            return isPart ? LoginWaiting.Create(model) : Results.RazorSlice(LoginBegun.Create(model), FormFailure.StatusOf(exception));
        }
    }

    private static string Seal(SessionSeal seal, ConsoleVisit visit, BegunLogin login) =>
        seal.SealLogin(visit.Session, JsonSerializer.SerializeToUtf8Bytes(login, LoginPageJsonContext.Default.BegunLogin));

    private static IResult Done(HttpContext context, string name, bool isPart)
    {
        var path = $"/console/credentials/{Uri.EscapeDataString(name)}?done=logged-in";
        if (!isPart)
        {
            return ConsoleVisit.SeeOther(path);
        }

        context.Response.Headers["HX-Redirect"] = path;
        return TypedResults.NoContent();
    }

    private static LoginBegunModel Model(ConsoleVisit visit, string name, BegunLogin login, string draft, int? interval, FormFailure? failure) =>
        new(visit.Frame("Log in again", ConsoleSection.Credentials), name, login, draft, interval ?? DefaultInterval, failure, HasEnded: false);
}
