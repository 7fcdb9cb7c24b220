using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace Axvault.Tests.Provider;

/// <summary>Creates the schema and registers the clients, before the provider listens.</summary>
internal sealed class ProviderSchema(IServiceScopeFactory scopes) : IHostedService
{
    private static readonly string[] Allowed =
    [
        Permissions.Endpoints.Token,
        Permissions.Endpoints.Authorization,
        Permissions.Endpoints.DeviceAuthorization,
        Permissions.GrantTypes.Password,
        Permissions.GrantTypes.RefreshToken,
        Permissions.GrantTypes.AuthorizationCode,
        Permissions.GrantTypes.DeviceCode,
        Permissions.ResponseTypes.Code,
    ];

    /// <inheritdoc />
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<ProviderDatabase>().Database.EnsureCreatedAsync(cancellationToken);
        var applications = scope.ServiceProvider.GetRequiredService<IOpenIddictApplicationManager>();
        await RegisterAsync(applications, ProviderClients.PublicId, secret: null, cancellationToken);
        await RegisterAsync(applications, ProviderClients.ConfidentialId, ProviderClients.ConfidentialSecret, cancellationToken);
    }

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static async Task RegisterAsync(IOpenIddictApplicationManager applications, string id, string? secret, CancellationToken cancellationToken)
    {
        if (await applications.FindByClientIdAsync(id, cancellationToken) is not null)
        {
            return;
        }

        var application = new OpenIddictApplicationDescriptor
        {
            ClientId = id,
            ClientSecret = secret,
            ClientType = secret is null ? ClientTypes.Public : ClientTypes.Confidential,
        };
        application.RedirectUris.Add(new Uri(ProviderClients.RedirectUrl));
        application.Permissions.UnionWith(Allowed);
        await applications.CreateAsync(application, cancellationToken);
    }
}
