using Axvault.Hosting.Http;
using Axvault.Hosting.Keys;
using Microsoft.Extensions.DependencyInjection;

namespace Axvault.Hosting.References;

/// <summary>A value that the vault gives when a project starts: an API key, or the token of a credential.</summary>
/// <param name="vault">The vault.</param>
/// <param name="fetch">The call that gets the value.</param>
internal sealed class VaultValue(AxvaultResource vault, Func<IServiceProvider, CancellationToken, Task<string>> fetch)
    : IValueProvider,
        IManifestExpressionProvider
{
    /// <inheritdoc />
    /// <remarks>A published graph has a parameter in place of this value.</remarks>
    public string ValueExpression => $"{{{vault.Name}.value}}";

    /// <summary>Returns a key for <paramref name="reader"/>, which reads <paramref name="readAccess"/> and nothing else.</summary>
    public static VaultValue Key(AxvaultResource vault, string reader, Func<string[]> readAccess) =>
        new(
            vault,
            (services, cancellationToken) => services.GetRequiredKeyedService<ReaderKeys>(vault.Name).GetAsync(reader, readAccess(), cancellationToken)
        );

    /// <summary>Returns the access token of the credential <paramref name="name"/>.</summary>
    public static VaultValue Token(AxvaultResource vault, string name) =>
        new(
            vault,
            async (services, cancellationToken) =>
            {
                var credential = await services
                    .GetRequiredKeyedService<VaultSession>(vault.Name)
                    .SendAsync(
                        HttpMethod.Get,
                        $"/api/v1/credentials/{Uri.EscapeDataString(name)}",
                        VaultApiJson.Default.CredentialData,
                        cancellationToken
                    );
                return AccessToken.In(credential.Data, credential.Provider)
                    ?? throw new DistributedApplicationException($"The credential {name} has no access token in a known place.");
            }
        );

    /// <inheritdoc />
    /// <remarks>It waits for a healthy vault by itself, since nothing forces a project that refers to a vault to wait for it.</remarks>
    public async ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default)
    {
        var services = vault.Services;
        await services
            .GetRequiredService<ResourceNotificationService>()
            .WaitForResourceHealthyAsync(vault.Name, WaitBehavior.StopOnResourceUnavailable, cancellationToken);
        return await fetch(services, cancellationToken);
    }
}
