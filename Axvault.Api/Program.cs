using Axvault.Api.Audit;
using Axvault.Api.Authentication;
using Axvault.Api.Broker;
using Axvault.Api.Broker.Usage;
using Axvault.Api.CommandLine;
using Axvault.Api.WebConsole;
using Axvault.Api.Credentials;
using Axvault.Api.Credentials.Login;
using Axvault.Api.Credentials.Overview;
using Axvault.Api.Credentials.Versions;
using Axvault.Api.Federation;
using Axvault.Api.Federation.Exchange;
using Axvault.Api.Fleet;
using Axvault.Api.Keys;
using Axvault.Api.Pipeline;
using Axvault.Api.RateLimits;
using Axvault.Api.Reference;
using Axvault.Api.Startup;
using Axvault.Api.Telemetry;
using Axvault.ServiceDefaults;

return await AxvaultCommand.RunAsync(args, ServeAsync, DescribeAsync);

static async Task<int> ServeAsync(IReadOnlyDictionary<string, string?> flags)
{
    var builder = ServerHost.CreateBuilder(flags);
    return AxvaultOptions.TryRead(builder.Configuration, out var options, out var problems)
        ? await Build(builder, options).RunToEndAsync()
        : AxvaultCommand.Refuse(problems);
}

static async Task<int> DescribeAsync()
{
    if (!DocumentGenerator.IsIncluded)
    {
        return await DocumentRun.WriteBuiltInAsync();
    }

    await using var app = Build(DocumentRun.CreateBuilder(), DocumentRun.Options());
    return await app.WriteDocumentAsync();
}

static WebApplication Build(WebApplicationBuilder builder, AxvaultOptions options)
{
    builder.AddServiceDefaults(ServerVersion.Text, options.LogLevel);
    builder.AddListener(options.Listener);
    builder.AddHttpRules(options.Refresh.Timeout);
    builder.AddServer(options);
    builder.AddDocumentGenerator();
    builder.AddMetricsPort(options.Listener);

    var app = builder.Build();
    app.UseMetricsPort(options.Listener);
    app.UseForwardedClient();
    app.UseConsoleEntrance();
    app.UseHttpRules();
    app.UseStartupGate();
    app.UseRouting();
    app.UseAddressLimit();
    app.UseRequestTimeouts();
    app.UseAuthentication();
    app.UseKeyLimit();
    app.UseAuthorization();
    app.UseAudit();
    app.UseConfirmedFailures();
    app.UseAccessChecks();
    app.UseBodyLimit();
    app.UseJsonCharset();
    app.UseMemoryBudget();
    app.UseConsoleRules();

    app.MapHealthEndpoints();
    var api = app.MapGroup("/api/v1");
    api.MapApiHealth();
    api.MapTokenExchange();
    var authenticated = api.MapGroup("").RequireAuthorization().WithConfirmedAnswers();
    authenticated.MapKeys();
    authenticated.MapCredentials();
    authenticated.MapVersions();
    authenticated.MapLogins();
    authenticated.MapOverview();
    authenticated.MapFederation();
    authenticated.MapAudit();
    authenticated.MapUsage();
    authenticated.MapServers();
    app.MapGroup("").WithConfirmedAnswers().MapBroker();
    if (options.Console.IsOn)
    {
        app.MapConsole();
    }

    if (options.Docs)
    {
        app.MapApiReference();
    }

    return app;
}
