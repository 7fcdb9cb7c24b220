using Axvault.Api.Authorization;
using Microsoft.AspNetCore.RateLimiting;

namespace Axvault.Api.RateLimits;

/// <summary>Refuses requests over a limit with 429 (RFC 6585 §4).</summary>
internal static class RateLimitPipeline
{
    /// <summary>Adds the limits.</summary>
    public static IServiceCollection AddRateLimits(this IServiceCollection services, RateLimitOptions options) =>
        services
            .AddSingleton(options)
            .AddSingleton<Limits>()
            .AddSingleton<MemoryBudget>()
            .AddSingleton<RateLimitTelemetry>()
            .AddSingleton<RefusalRecorder>()
            .AddSingleton<RateLimitAnswer>()
            .AddHostedService(static provider => provider.GetRequiredService<RefusalRecorder>());

    /// <summary>
    /// Limits requests by address, before any other work. Probes are exempt: a busy server must not be taken for dead.
    /// </summary>
    public static void UseAddressLimit(this IApplicationBuilder app)
    {
        var (addresses, answer) = (
            app.ApplicationServices.GetRequiredService<Limits>().Addresses,
            app.ApplicationServices.GetRequiredService<RateLimitAnswer>()
        );
        if (addresses.IsSet)
        {
            app.Use(
                (context, next) =>
                    context.GetEndpoint()?.Metadata.GetMetadata<DisableRateLimitingAttribute>() is not null
                    || addresses.TryTake(ClientOrigin.Of(context.Connection.RemoteIpAddress), out var refusal)
                        ? next(context)
                        : answer.GiveAsync(context, LimitKind.Address, refusal)
            );
        }
    }

    /// <summary>Limits requests by key, after authentication.</summary>
    public static void UseKeyLimit(this IApplicationBuilder app)
    {
        var (keys, answer) = (app.ApplicationServices.GetRequiredService<Limits>().Keys, app.ApplicationServices.GetRequiredService<RateLimitAnswer>());
        if (keys.IsSet)
        {
            app.Use(
                (context, next) =>
                    context.Features.Get<Caller>() is not { } caller
                    || keys.TryTake(caller.KeyId, out var refusal)
                        ? next(context)
                        : answer.GiveAsync(context, LimitKind.Key, refusal)
            );
        }
    }
}
