using Axvault.Api.Audit;
using Axvault.Api.CommandLine;
using Axvault.Api.Configuration;
using Axvault.Api.Confirmation;
using Axvault.Api.Credentials;
using Axvault.Api.Credentials.Batch;
using Axvault.Api.Credentials.Versions;
using Axvault.Api.Http;
using Axvault.Api.Keys;
using Axvault.Api.RateLimits;
using Axvault.Api.Reference;
using Axvault.Api.Refresh;
using Axvault.Api.Startup;
using Axvault.Api.Telemetry;
using Axvault.ServiceDefaults;

return await AxvaultCommand.RunAsync(args, ServeAsync, DescribeAsync);

static async Task<int> ServeAsync(IReadOnlyDictionary<string, string?> flags)
{
    var builder = VaultHost.CreateBuilder(flags);
    return AxvaultOptionsReader.TryRead(builder.Configuration, out var options, out var problems)
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
    builder.AddServiceDefaults(options.LogLevel);
    builder.AddListener(options);
    builder.AddHttpRules(options);
    builder.AddVault(options);
    builder.AddDocumentGenerator();
    builder.AddMetricsPort(options);

    var app = builder.Build();
    app.UseMetricsPort(options);
    app.UseHttpRules();
    app.UseStartupGate();
    app.UseRouting();
    app.UseAddressLimit();
    app.UseRequestTimeouts();
    app.UseConfirmedReads();
    app.UseAuthentication();
    app.UseKeyLimit();
    app.UseAuthorization();
    app.UseAudit();
    app.UseBodyLimit();
    app.UseJsonCharset();

    app.MapHealthEndpoints();
    var api = app.MapGroup("/api/v1");
    api.MapApiHealth();
    var authenticated = api.MapGroup("").RequireAuthorization().WithAuditedResults();
    authenticated.MapKeys();
    authenticated.MapCredentials();
    authenticated.MapBatchRead();
    authenticated.MapVersions();
    authenticated.MapRefresh();
    authenticated.MapAudit();
    app.MapApiReference(options);
    return app;
}
