using Axvault.Api.Audit;
using Axvault.Api.Configuration;
using Axvault.Api.Credentials;
using Axvault.Api.Credentials.Batch;
using Axvault.Api.Credentials.Versions;
using Axvault.Api.Keys;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.HttpOverrides;

namespace Axvault.Api.Http;

/// <summary>What holds for every call: limits, JSON, problems, what each answer says of itself.</summary>
internal static class HttpRules
{
    // A year (RFC 6797 §6.1.1).
    private const string HttpsOnly = "max-age=31536000";

    /// <summary>Adds the rules to <paramref name="builder"/>.</summary>
    public static void AddHttpRules(this WebApplicationBuilder builder, AxvaultOptions options)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(options);

        builder.Services.Configure<ForwardedHeadersOptions>(forwarded =>
        {
            // The address of the nearest hop that no trusted proxy has, however many of them there are in between.
            forwarded.ForwardedHeaders = ForwardedHeaders.XForwardedFor;
            forwarded.ForwardLimit = null;
            forwarded.KnownProxies.Clear();
            forwarded.KnownIPNetworks.Clear();
            foreach (var network in options.TrustedProxies)
            {
                forwarded.KnownIPNetworks.Add(network);
            }
        });
        builder.Services.Configure<RequestTimeoutOptions>(timeouts => RequestLimits.Apply(timeouts, options));
        builder.Services.AddRequestTimeouts();

        // One path for what does not bind: it is thrown, and FaultHandler words it.
        builder.Services.Configure<RouteHandlerOptions>(static routes => routes.ThrowOnBadRequest = true);
        builder.Services.ConfigureHttpJsonOptions(static json =>
        {
            JsonFormat.Apply(json.SerializerOptions);
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, HttpJsonContext.Default);
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, KeyJsonContext.Default);
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, CredentialJsonContext.Default);
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, BatchJsonContext.Default);
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, VersionJsonContext.Default);
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, AuditJsonContext.Default);
        });

        builder.Services.AddSingleton<IProblemDetailsWriter, ProblemWriter>();
        builder.Services.AddProblemDetails();
        builder.Services.AddExceptionHandler<FaultHandler>();
    }

    /// <summary>Adds what every request goes through first.</summary>
    public static void UseHttpRules(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);

        // Without a proxy to trust there is nothing to look for: an empty list of them would trust every client.
        if (app.ApplicationServices.GetRequiredService<AxvaultOptions>().TrustedProxies.Count > 0)
        {
            app.UseForwardedHeaders();
        }

        app.Use(static (context, next) =>
        {
            // No answer of a vault belongs into a cache; set when the answer starts, because an error clears the headers.
            context.Response.OnStarting(static response =>
            {
                var answer = (HttpResponse)response;
                answer.Headers.CacheControl = "no-store";
                if (answer.HttpContext.Request.IsHttps)
                {
                    answer.Headers.StrictTransportSecurity = HttpsOnly;
                }

                return Task.CompletedTask;
            }, context.Response);
            return next(context);
        });
        app.UseExceptionHandler();
        app.UseStatusCodePages();
    }
}
