using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Axvault.Api.Audit;
using Axvault.Api.Configuration;
using Axvault.Api.Credentials;
using Axvault.Api.Credentials.Batch;
using Axvault.Api.Keys;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Axvault.Api.Http;

/// <summary>What holds for every call: where the server listens, limits, JSON, problems.</summary>
internal static class HttpRules
{
    /// <summary>Adds the rules to <paramref name="builder"/>.</summary>
    public static void AddHttpRules(this WebApplicationBuilder builder, AxvaultOptions options)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(options);

        // Where to listen is Axvault's own setting: the hosting variables for it, such as HTTP_PORTS, which images and orchestrators set, are ignored.
        builder.WebHost.UseSetting(WebHostDefaults.HttpPortsKey, "");
        builder.WebHost.UseSetting(WebHostDefaults.HttpsPortsKey, "");
        builder.WebHost.UseUrls(Url(options.Host, options.Port));

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
        builder.Services.Configure<KestrelServerOptions>(RequestLimits.Apply);
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
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, AuditJsonContext.Default);
        });

        builder.Services.AddSingleton<IProblemDetailsWriter, ProblemWriter>();
        builder.Services.AddProblemDetails();
        builder.Services.AddExceptionHandler<FaultHandler>();
    }

    /// <summary>The URL of an address, of <c>localhost</c> when it is <see langword="null"/>, and a port.</summary>
    public static string Url(IPAddress? host, int port) =>
        string.Create(CultureInfo.InvariantCulture, $"http://{host switch { null => "localhost", { AddressFamily: AddressFamily.InterNetworkV6 } v6 => $"[{v6}]", var v4 => v4.ToString() }}:{port}");

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
                ((HttpResponse)response).Headers.CacheControl = "no-store";
                return Task.CompletedTask;
            }, context.Response);
            return next(context);
        });
        app.UseExceptionHandler();
        app.UseStatusCodePages();
    }
}
