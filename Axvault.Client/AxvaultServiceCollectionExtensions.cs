using Axvault.Client;
using Axvault.Client.Identity;
using Axvault.Client.Tokens;
using Axvault.Client.Transport;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the client of Axvault to the services of an app.</summary>
/// <example><code>builder.Services.AddAxvaultClient();</code></example>
public static class AxvaultServiceCollectionExtensions
{
    private const string ClientName = "Axvault.Client";

    /// <summary>
    /// Adds an <see cref="AxvaultClient"/>. It takes the first that is there: what <paramref name="configure"/> sets, the section <c>Axvault</c> (<c>Url</c>,
    /// <c>ApiKey</c>, <c>Rule</c>, <c>Audience</c>, <c>TokenFile</c>), the connection string, the variables <c>AXVAULT_URL</c>, <c>AXVAULT_API_KEY</c> and
    /// <c>AXVAULT</c>.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="connectionName">The name of the connection string, as an Aspire AppHost gives it.</param>
    /// <param name="configure">Sets options in code.</param>
    /// <returns>The builder of the HTTP client, for further handlers.</returns>
    /// <example><code>builder.Services.AddAxvaultClient(configure: options => options.Rule = "github-main");</code></example>
    public static IHttpClientBuilder AddAxvaultClient(
        this IServiceCollection services,
        string connectionName = "vault",
        Action<AxvaultClientOptions>? configure = null
    )
    {
        services
            .AddOptions<AxvaultClientOptions>()
            .Configure<IServiceProvider>((options, provider) => Read(options, provider.GetService<IConfiguration>(), connectionName));
        if (configure is not null)
        {
            services.Configure(configure);
        }

        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(static provider => ApiKeySource.Of(provider.GetRequiredService<IOptions<AxvaultClientOptions>>().Value));
        services.TryAddSingleton<AccessTokens>();
        return services
            .AddHttpClient<AxvaultClient>(
                ClientName,
                static (provider, http) => http.BaseAddress = provider.GetRequiredService<IOptions<AxvaultClientOptions>>().Value.RequireUrl()
            )
            .ConfigurePrimaryHttpMessageHandler(static provider =>
                Connections.Create(provider.GetRequiredService<IOptions<AxvaultClientOptions>>().Value.RequireUrl())
            )
            .AddHttpMessageHandler(static provider => new KeyHandler(provider.GetRequiredService<ApiKeySource>()))
            .AddHttpMessageHandler(static () => new ResilienceHandler(Connections.Pipeline()));
    }

    private static void Read(AxvaultClientOptions options, IConfiguration? configuration, string connectionName)
    {
        var environment = AxvaultClientOptions.OfEnvironment();
        (options.Url, options.ApiKey) = (environment.Url, environment.ApiKey);
        if (configuration?.GetConnectionString(connectionName) is { Length: > 0 } connectionString)
        {
            options.ReadConnectionString(connectionString);
        }

        if (configuration?.GetSection("Axvault") is { } section)
        {
            options.Url = AxvaultClientOptions.ParseUrl(section["Url"], "Axvault:Url") ?? options.Url;
            options.ApiKey = section["ApiKey"] ?? options.ApiKey;
            options.Rule = section["Rule"] ?? options.Rule;
            options.Audience = section["Audience"] ?? options.Audience;
            options.TokenFile = section["TokenFile"] ?? options.TokenFile;
        }
    }
}
