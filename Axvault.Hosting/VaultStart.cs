using Aspire.Hosting.Eventing;
using Axvault.Hosting.Http;
using Axvault.Hosting.Keys;
using Axvault.Hosting.References;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Axvault.Hosting;

/// <summary>The steps after each start of a vault, before the resources that wait for it start.</summary>
internal static partial class VaultStart
{
    /// <summary>Makes the key of the AppHost, and stores the credentials that are missing.</summary>
    /// <exception cref="VaultApiException">A credential cannot be stored.</exception>
    /// <exception cref="DistributedApplicationException">The value of a credential is missing or is not of its type.</exception>
    public static async Task RunAsync(AxvaultResource vault, IServiceProvider services, CancellationToken cancellationToken)
    {
        await services.GetRequiredKeyedService<VaultSession>(vault.Name).LearnAtStartAsync(cancellationToken);
        foreach (var credential in vault.Credentials)
        {
            await SeedAsync(vault, credential, services, cancellationToken);
        }

        // Events are of the resource in the model. A program that subscribes to those of the vault gets this one, too.
        await services
            .GetRequiredService<IDistributedApplicationEventing>()
            .PublishAsync(new ResourceReadyEvent(vault, services), cancellationToken);
    }

    private static async Task SeedAsync(AxvaultResource vault, SeededCredential credential, IServiceProvider services, CancellationToken cancellationToken)
    {
        var logger = services.GetRequiredService<ResourceLoggerService>().GetLogger(vault.Server);
        try
        {
            var value =
                await credential.Value.GetValueAsync(cancellationToken)
                ?? throw new DistributedApplicationException($"The parameter {credential.Value.Name} has no value.");
            var body = credential.Of(value);
            var api = services.GetRequiredKeyedService<VaultApi>(vault.Name);
            var isNew = await services
                .GetRequiredKeyedService<VaultSession>(vault.Name)
                .CallAsync(
                    secret =>
                        api.PutNewAsync(
                            $"/api/v1/credentials/{Uri.EscapeDataString(credential.Name)}",
                            secret,
                            body,
                            VaultApiJson.Default.NewCredential,
                            cancellationToken
                        ),
                    cancellationToken
                );
            if (isNew)
            {
                Log.Stored(logger, credential.Name, credential.Value.Name);
            }
        }
        catch (Exception exception) when (exception is VaultApiException or DistributedApplicationException)
        {
            Log.NotStored(logger, credential.Name, exception.Message);
            throw;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "The credential {Credential} is stored, with the value of the parameter {Parameter}")]
        public static partial void Stored(ILogger logger, string credential, string parameter);

        [LoggerMessage(LogLevel.Error, "The credential {Credential} cannot be stored: {Reason}")]
        public static partial void NotStored(ILogger logger, string credential, string reason);
    }
}
