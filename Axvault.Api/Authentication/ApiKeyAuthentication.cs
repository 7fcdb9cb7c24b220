using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Axvault.Api.Authentication;

/// <summary>Adds authentication by API keys, and makes the <see cref="Caller"/> a parameter of every handler.</summary>
internal static class ApiKeyAuthentication
{
    /// <summary>Adds the scheme.</summary>
    public static IServiceCollection AddApiKeyAuthentication(this IServiceCollection services)
    {
        // AddAuthentication would also add data protection, which writes unencrypted keys of its own to the home folder.
        services.AddAuthenticationCore(static options => options.DefaultScheme = ApiKeyHandler.SchemeName);
        services.AddWebEncoders();
        new AuthenticationBuilder(services).AddScheme<AuthenticationSchemeOptions, ApiKeyHandler>(ApiKeyHandler.SchemeName, null);
        services.AddSingleton<AuthenticationTelemetry>();
        services.AddSingleton<AuthorizationTelemetry>();
        services.AddSingleton<SharedLookups>();
        services.AddSingleton<CallerFinder>();
        services.AddSingleton<AuthenticationGate>();
        services.AddAuthorization();
        // These services are stateless and needed by each request. As singletons they cost a request nothing.
        services.Replace(ServiceDescriptor.Singleton<IAuthorizationService, DefaultAuthorizationService>());
        services.Replace(ServiceDescriptor.Singleton<IPolicyEvaluator, PolicyEvaluator>());
        services.Replace(ServiceDescriptor.Singleton<IAuthorizationMiddlewareResultHandler, AuthorizationMiddlewareResultHandler>());
        services.AddHttpContextAccessor();
        services.AddScoped(static provider => provider.GetRequiredService<IHttpContextAccessor>().HttpContext!.Features.GetRequiredFeature<Caller>());
        services.AddScoped(static provider => provider.GetRequiredService<IHttpContextAccessor>().HttpContext!.Features.GetRequiredFeature<AuditTrail>());
        return services;
    }
}
