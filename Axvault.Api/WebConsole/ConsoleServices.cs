using Axvault.Api.WebConsole.Inside;
using Axvault.Api.WebConsole.Oidc;
using Axvault.Api.WebConsole.Sessions;
using Microsoft.AspNetCore.Http.Features;

namespace Axvault.Api.WebConsole;

/// <summary>Adds the console.</summary>
internal static class ConsoleServices
{
    // Above the greatest body. A file that is sent with a form holds secrets, and beyond this size it would go to a temporary file on the disk.
    private const int FormMemory = 2 * 1024 * 1024;

    /// <summary>Adds the services of the console.</summary>
    public static IServiceCollection AddConsole(this IServiceCollection services, ConsoleOptions options) =>
        options.IsOn
            ? services
                .Configure<FormOptions>(static forms => forms.MemoryBufferThreshold = FormMemory)
                .AddSingleton<VaultEntrance>()
                .AddSingleton<SessionSeal>()
                .AddSingleton<SessionCookie>()
                .AddSingleton(options)
                .AddSingleton<OidcProvider>()
                .AddSingleton<OidcCookie>()
                .AddSingleton<OidcRefusals>()
                .AddSingleton<OidcSignIn>()
                .AddScoped(static provider =>
                    provider.GetRequiredService<IHttpContextAccessor>().HttpContext!.Features.GetRequiredFeature<ConsoleVisit>()
                )
            : services;

    /// <summary>Puts the entrance for the console's calls here: behind it is all that a call from outside meets.</summary>
    public static void UseConsoleEntrance(this IApplicationBuilder app) => app.ApplicationServices.GetService<VaultEntrance>()?.OpenAt(app);
}
