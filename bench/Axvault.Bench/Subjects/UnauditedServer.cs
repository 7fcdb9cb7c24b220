using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Chain;
using Axvault.Api.CommandLine;
using Axvault.Api.Credentials;
using Axvault.Api.Pipeline;
using Axvault.Api.Startup;
using Axvault.Api.Telemetry;
using Axvault.ServiceDefaults;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Axvault.Bench.Subjects;

/// <summary>The server without an audit log, to measure the cost of a read's entry. It serves only this benchmark.</summary>
internal static class UnauditedServer
{
    /// <summary>The command that starts it.</summary>
    public const string Command = "unaudited";

    /// <summary>Runs the pipeline of the server's Program.cs without the audit entries, until it is told to stop.</summary>
    public static Task<int> RunAsync(string[] flags) => AxvaultCommand.RunAsync(["serve", .. flags], ServeAsync, static () => Task.FromResult(ExitCode.Usage));

    private static async Task<int> ServeAsync(IReadOnlyDictionary<string, string?> flags)
    {
        var builder = ServerHost.CreateBuilder(flags);
        if (!AxvaultOptions.TryRead(builder.Configuration, out var options, out var problems))
        {
            return AxvaultCommand.Refuse(problems);
        }

        builder.AddServiceDefaults(ServerVersion.Text, options.LogLevel);
        builder.AddListener(options.Listener);
        builder.AddHttpRules(options.Refresh.Timeout);
        builder.AddServer(options);

        var app = builder.Build();
        app.UseHttpRules();
        app.UseStartupGate();
        app.UseRouting();
        app.UseRequestTimeouts();
        app.UseAuthentication();
        app.UseAuthorization();
        var (log, source) = (app.Services.GetRequiredService<AuditLog>(), app.Services.GetRequiredService<AuditSource>());
        app.Use(
            (context, next) =>
            {
                // The handlers need an audit trail. This one is never written.
                if (context.Features.Get<Caller>() is { } caller)
                {
                    context.Features.Set(new AuditTrail(log, source, caller, AuditAction.CredentialRead, target: null));
                }

                return next(context);
            }
        );
        app.UseJsonCharset();

        app.MapHealthEndpoints();
        app.MapGroup("/api/v1").MapGroup("").RequireAuthorization().MapCredentials();
        return await app.RunToEndAsync();
    }
}
