using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Yarp.ReverseProxy.Forwarder;

namespace Axvault.Bench.Floors;

/// <summary>Bare YARP, which forwards every request to one upstream: the upper limit for a broker that is built on it.</summary>
internal static class FloorForwarder
{
    /// <summary>The command of the server.</summary>
    public const string Command = "floor-forwarder";

    /// <summary>Runs the server.</summary>
    public static async Task RunAsync(string port, string upstream)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder
            .WebHost.UseKestrelCore()
            .ConfigureKestrel(static kestrel => kestrel.Limits.MaxRequestBodySize = null)
            .UseUrls(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));
        builder.Services.AddRouting().AddHttpForwarder();
        await using var app = builder.Build();
        var forwarder = app.Services.GetRequiredService<IHttpForwarder>();
        using var client = new HttpMessageInvoker(
            new SocketsHttpHandler
            {
                UseProxy = false,
                AllowAutoRedirect = false,
                AutomaticDecompression = DecompressionMethods.None,
                UseCookies = false,
            }
        );
        app.Run(async context => await forwarder.SendAsync(context, upstream, client));
        await app.RunAsync();
    }
}
