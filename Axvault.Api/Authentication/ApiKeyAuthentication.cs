using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Axvault.Api.Authentication;

/// <summary>Makes API keys the way to authenticate, and the <see cref="Caller"/> a parameter of every handler.</summary>
internal static class ApiKeyAuthentication
{
    /// <summary>Adds the scheme.</summary>
    public static IServiceCollection AddApiKeyAuthentication(this IServiceCollection services)
    {
        // Not AddAuthentication, which brings data protection along: it would write keys of its own, unencrypted, to the home folder.
        services.AddAuthenticationCore(static options => options.DefaultScheme = ApiKeyHandler.SchemeName);
        services.AddWebEncoders();
        new AuthenticationBuilder(services).AddScheme<AuthenticationSchemeOptions, ApiKeyHandler>(ApiKeyHandler.SchemeName, null);
        services.AddSingleton<AuthenticationTelemetry>();
        services.AddSingleton<AuthorizationTelemetry>();
        services.AddAuthorization();
        // Stateless, and asked for at each request: made once, they cost it nothing.
        services.Replace(ServiceDescriptor.Singleton<IAuthorizationService, DefaultAuthorizationService>());
        services.Replace(ServiceDescriptor.Singleton<IPolicyEvaluator, PolicyEvaluator>());
        services.Replace(ServiceDescriptor.Singleton<IAuthorizationMiddlewareResultHandler, AuthorizationMiddlewareResultHandler>());
        services.AddHttpContextAccessor();
        services.AddScoped(static provider =>
            provider.GetRequiredService<IHttpContextAccessor>().HttpContext!.Features.GetRequiredFeature<Caller>());
        services.AddScoped(static provider =>
            provider.GetRequiredService<IHttpContextAccessor>().HttpContext!.Features.GetRequiredFeature<AuditTrail>());
        return services;
    }
}
