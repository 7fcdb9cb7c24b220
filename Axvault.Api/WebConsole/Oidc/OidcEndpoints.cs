using Axvault.Api.Http;
using Axvault.Api.WebConsole.Layout;

namespace Axvault.Api.WebConsole.Oidc;

/// <summary>Sign-in at an OpenID provider, where the settings name one.</summary>
internal static class OidcEndpoints
{
    /// <summary>Maps the pages.</summary>
    public static void MapOidcSignIn(this IEndpointRouteBuilder console)
    {
        var open = console.MapGroup("/sign-in/oidc").WithMetadata(new ConsolePage(IsOpen: true), new BodyMaximum(ConsoleForm.MaxOpenBytes));
        open.MapPost("", StartAsync);
        open.MapGet("/callback", EndAsync);
    }

    private static async Task<IResult> StartAsync(HttpContext context, ConsoleOptions console, OidcSignIn signIn) =>
        console.Oidc is { } options ? await signIn.StartAsync(context, options) : NotThere();

    private static async Task<IResult> EndAsync(HttpContext context, ConsoleOptions console, OidcSignIn signIn) =>
        console.Oidc is { } options ? await signIn.EndAsync(context, options) : NotThere();

    private static IResult NotThere() => FailurePage.Refuse("There is no such page.", StatusCodes.Status404NotFound);
}
