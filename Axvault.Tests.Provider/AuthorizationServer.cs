using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Microsoft.IdentityModel.Tokens;
using Npgsql;
using OpenIddict.Validation.AspNetCore;

namespace Axvault.Tests.Provider;

/// <summary>Sets up OpenIddict like the providers of agents. OpenIddict itself does the rotation and the detection of reuse.</summary>
internal static class AuthorizationServer
{
    // The tests share one PostgreSQL and its limited number of connections.
    private const int MaxConnections = 10;

    /// <summary>Adds the authorization server, its stores in PostgreSQL, and the validation of its access tokens.</summary>
    public static void AddAuthorizationServer(this WebApplicationBuilder builder)
    {
        var provider = builder.Configuration.GetSection("Provider").Get<ProviderOptions>() ?? new ProviderOptions();
        var database = new NpgsqlConnectionStringBuilder(builder.Configuration.GetConnectionString("providerdb"))
        {
            MaxPoolSize = MaxConnections,
        }.ConnectionString;

        builder.Services.AddDbContext<ProviderDatabase>(options => options.UseNpgsql(database).UseOpenIddict());
        builder.Services.AddHostedService<ProviderSchema>();
        builder
            .Services.AddOpenIddict()
            .AddCore(static core => core.UseEntityFrameworkCore().UseDbContext<ProviderDatabase>())
            .AddServer(server => server.SetUp(provider))
            .AddValidation(static validation =>
            {
                validation.UseLocalServer();
                validation.UseAspNetCore();
                // A token of a revoked family is invalid at once, not only when it expires.
                validation.EnableTokenEntryValidation();
            });
        builder.Services.AddAuthentication(OpenIddictValidationAspNetCoreDefaults.AuthenticationScheme);
        builder.Services.AddAuthorization();
    }

    private static void SetUp(this OpenIddictServerBuilder server, ProviderOptions provider)
    {
        // Fixed, because the tests reach the server at more than one address.
        server.SetIssuer(new Uri("http://provider.test/"));
        server.SetTokenEndpointUris(ProviderClients.TokenPath);
        server.SetAuthorizationEndpointUris(ProviderClients.AuthorizePath);
        server.SetDeviceAuthorizationEndpointUris(ProviderClients.DevicePath);
        server.SetEndUserVerificationEndpointUris(ProviderClients.VerifyPath);
        server.AllowPasswordFlow().AllowRefreshTokenFlow().AllowDeviceAuthorizationFlow();
        server.AllowAuthorizationCodeFlow().RequireProofKeyForCodeExchange();
        server.SetAccessTokenLifetime(TimeSpan.FromSeconds(provider.AccessTokenSeconds));
        server.SetRefreshTokenReuseLeeway(TimeSpan.FromSeconds(provider.ReuseLeewaySeconds));
        // Refresh tokens are short and opaque, as with real providers. Access tokens are JWTs whose exp can be read.
        server.UseReferenceRefreshTokens().DisableAccessTokenEncryption();
        // The keys live as long as the process, and so do its tokens.
        server.AddEphemeralSigningKey(SecurityAlgorithms.EcdsaSha256);
        server.AddEncryptionKey(new SymmetricSecurityKey(RandomNumberGenerator.GetBytes(32)));
        server
            .UseAspNetCore()
            .EnableTokenEndpointPassthrough()
            .EnableAuthorizationEndpointPassthrough()
            .EnableEndUserVerificationEndpointPassthrough()
            .DisableTransportSecurityRequirement();
    }
}
