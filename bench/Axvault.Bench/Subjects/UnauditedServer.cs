using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.CommandLine;
using Axvault.Api.Configuration;
using Axvault.Api.Credentials;
using Axvault.Api.Http;
using Axvault.Api.Startup;
using Axvault.ServiceDefaults;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Axvault.Bench.Subjects;

/// <summary>The server as it would be without an audit log: what a read costs without its entry. It serves credentials, to this benchmark alone.</summary>
internal static class UnauditedServer
{
    /// <summary>Starts it.</summary>
    public const string Command = "unaudited";

    /// <summary>Runs it until it is told to stop: the pipeline of the server's Program.cs, but for the entries.</summary>
    public static Task<int> RunAsync(string[] flags) => AxvaultCommand.RunAsync(["serve", .. flags], ServeAsync, static () => Task.FromResult(ExitCode.Usage));

    private static async Task<int> ServeAsync(IReadOnlyDictionary<string, string?> flags)
    {
        var builder = VaultHost.CreateBuilder(flags);
        if (!AxvaultOptionsReader.TryRead(builder.Configuration, out var options, out var problems))
        {
            return AxvaultCommand.Refuse(problems);
        }

        builder.AddServiceDefaults(options.LogLevel);
        builder.AddHttpRules(options);
        builder.AddVault(options);

        var app = builder.Build();
        app.UseHttpRules();
        app.UseStartupGate();
        app.UseRouting();
        app.UseRequestTimeouts();
        app.UseAuthentication();
        app.UseAuthorization();
        var (log, source) = (app.Services.GetRequiredService<AuditLog>(), app.Services.GetRequiredService<AuditSource>());
        app.Use((context, next) =>
        {
            // A trail that nobody closes: the handlers ask for one.
            if (context.Features.Get<Caller>() is { } caller)
            {
                context.Features.Set(new AuditTrail(log, source, caller, AuditAction.CredentialRead, target: null));
            }

            return next(context);
        });
        app.UseJsonCharset();

        app.MapHealthEndpoints();
        app.MapGroup("/api/v1").MapGroup("").RequireAuthorization().MapCredentials();
        return await app.RunToEndAsync();
    }
}
