using System.Diagnostics;
using Axvault.Api.Http;
using Microsoft.AspNetCore.Http.Timeouts;

namespace Axvault.Api.Pipeline;

/// <summary>The rules of every call: limits, JSON, problem answers and common headers.</summary>
internal static class HttpRules
{
    // A year (RFC 6797 §6.1.1).
    private const string HttpsOnly = "max-age=31536000";

    /// <summary>Adds the rules to <paramref name="builder"/>.</summary>
    public static void AddHttpRules(this WebApplicationBuilder builder, TimeSpan refreshTimeout)
    {
        builder.Services.Configure<RequestTimeoutOptions>(timeouts => RequestLimits.Apply(timeouts, refreshTimeout));
        builder.Services.AddRequestTimeouts();

        // A request that does not bind is thrown, so that FaultHandler words every refusal.
        builder.Services.Configure<RouteHandlerOptions>(static routes => routes.ThrowOnBadRequest = true);
        builder.Services.ConfigureHttpJsonOptions(static json =>
        {
            JsonFormat.Apply(json.SerializerOptions);
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, HttpJsonContext.Default);
        });

        builder.Services.AddSingleton<DistributedContextPropagator, ClientTrace>();
        builder.Services.AddSingleton<IProblemDetailsWriter, ProblemWriter>();
        builder.Services.AddProblemDetails();
        builder.Services.AddExceptionHandler<FaultHandler>();
    }

    /// <summary>Adds the first parts of the pipeline.</summary>
    public static void UseHttpRules(this IApplicationBuilder app)
    {
        app.Use(
            static (context, next) =>
            {
                ClientTrace.Link(context);
                // No answer may be cached but a public one. An error clears the headers, so they are set when the answer starts.
                context.Response.OnStarting(
                    static response =>
                    {
                        var answer = (HttpResponse)response;
                        if (!answer.Headers.CacheControl.ToString().StartsWith("public", StringComparison.Ordinal))
                        {
                            answer.Headers.CacheControl = "no-store";
                        }

                        if (answer.HttpContext.Request.IsHttps)
                        {
                            answer.Headers.StrictTransportSecurity = HttpsOnly;
                        }

                        return Task.CompletedTask;
                    },
                    context.Response
                );
                return next(context);
            }
        );
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.UseRequestFraming();
    }
}
