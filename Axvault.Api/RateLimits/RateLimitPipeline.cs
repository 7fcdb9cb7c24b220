using Axvault.Api.Authorization;
using Axvault.Api.Confirmation;
using Microsoft.AspNetCore.RateLimiting;

namespace Axvault.Api.RateLimits;

/// <summary>Refuses requests of which there are too many by 429 (RFC 6585 §4).</summary>
internal static class RateLimitPipeline
{
    /// <summary>Adds the limits.</summary>
    public static IServiceCollection AddRateLimits(this IServiceCollection services) => services
        .AddSingleton<Limits>()
        .AddSingleton<RateLimitTelemetry>()
        .AddSingleton<RefusalRecorder>()
        .AddSingleton<RateLimitAnswer>()
        .AddHostedService(static provider => provider.GetRequiredService<RefusalRecorder>());

    /// <summary>Limits what comes from an address, before anything else is done for it. Probes are let through: a server that is busy must not be taken for dead.</summary>
    public static void UseAddressLimit(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);

        var (addresses, answer) = (app.ApplicationServices.GetRequiredService<Limits>().Addresses, app.ApplicationServices.GetRequiredService<RateLimitAnswer>());
        if (addresses.IsSet)
        {
            app.Use((context, next) =>
                context.GetEndpoint()?.Metadata.GetMetadata<DisableRateLimitingAttribute>() is not null || addresses.TryTake(ClientOrigin.Of(context.Connection.RemoteIpAddress), out var refusal)
                    ? next(context)
                    : answer.GiveAsync(context, LimitKind.Address, refusal));
        }
    }

    /// <summary>Limits what comes with a key, once that is known. A request that is run again was counted the first time.</summary>
    public static void UseKeyLimit(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);

        var (keys, answer) = (app.ApplicationServices.GetRequiredService<Limits>().Keys, app.ApplicationServices.GetRequiredService<RateLimitAnswer>());
        if (keys.IsSet)
        {
            app.Use((context, next) =>
                context.Features.Get<Caller>() is not { } caller || context.Features.Get<SecondRun>() is not null || keys.TryTake(caller.KeyId, out var refusal)
                    ? next(context)
                    : answer.GiveAsync(context, LimitKind.Key, refusal));
        }
    }
}
