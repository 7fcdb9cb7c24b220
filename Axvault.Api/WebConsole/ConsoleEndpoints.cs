using Axvault.Api.WebConsole.Assets;
using Axvault.Api.WebConsole.Audit;
using Axvault.Api.WebConsole.Credentials;
using Axvault.Api.WebConsole.Keys;
using Axvault.Api.WebConsole.Layout;
using Axvault.Api.WebConsole.Logins;
using Axvault.Api.WebConsole.Oidc;
using Axvault.Api.WebConsole.Overview;
using Axvault.Api.WebConsole.Servers;
using Axvault.Api.WebConsole.Sessions;
using Axvault.Api.WebConsole.Usage;
using Axvault.Api.WebConsole.Workloads;

namespace Axvault.Api.WebConsole;

/// <summary>The addresses of the console.</summary>
internal static class ConsoleEndpoints
{
    /// <summary>Maps the pages below <c>/console</c>, and leads <c>/</c> there.</summary>
    public static void MapConsole(this IEndpointRouteBuilder app)
    {
        app.MapGet("/", static IResult () => TypedResults.Redirect("/console")).ExcludeFromDescription();
        var console = app.MapGroup("/console").ExcludeFromDescription();
        console.MapAssets();
        console.MapSignIn();
        console.MapOidcSignIn();
        console.MapGet("/{**path}", static IResult () => FailurePage.Refuse("There is no such page.", 404)).WithMetadata(new ConsolePage(IsOpen: true));

        var pages = console.MapGroup("").WithMetadata(new ConsolePage(IsOpen: false));
        pages.MapOverview();
        pages.MapCredentialPages();
        pages.MapLoginPages();
        pages.MapKeyPages();
        pages.MapWorkloadPages();
        pages.MapAuditPages();
        pages.MapUsagePages();
        pages.MapServerPages();
    }
}
