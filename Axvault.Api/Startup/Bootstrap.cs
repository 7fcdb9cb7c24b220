using System.Globalization;
using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Chain;
using Axvault.Api.Database;
using Axvault.Api.Keys;

namespace Axvault.Api.Startup;

/// <summary>The API key "Bootstrap Admin": the first key of the fleet, or a further one when every administrator's key is lost.</summary>
internal sealed partial class Bootstrap(
    Ledger ledger,
    AuditSource source,
    BootstrapOptions options,
    ILogger<Bootstrap> logger
)
{
    private const string KeyName = "Bootstrap Admin";
    private const string ByReset = "removed by axvault bootstrap --reset --revoke-others";

    /// <summary>Makes the key with all access, unless there is a key.</summary>
    /// <remarks>
    /// The secret is that of the settings, which is not shown.
    /// Without one it is a new secret, written to standard error and nowhere else.
    /// </remarks>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        // Made once: the change may be made again, and the secret is shown once.
        var (id, secret, isShown) = (KeyId.Create(), options.Secret ?? ApiKeySecret.Create(), options.Secret is not null);
        var made = await ledger.ChangeAsync(
            async change =>
            {
                await Migrator.LockAsync(change.Transaction, cancellationToken);
                var hash = secret.Hash();
                if (await BootstrapKeyStore.InsertFirstAsync(change.Transaction, id, KeyName, AccessScope.Full, hash, cancellationToken) is not { } key)
                {
                    return null;
                }

                if (!isShown)
                {
                    await ShowAsync("made the first API key", key, secret, cancellationToken);
                    isShown = true;
                }

                await change.CommitAsync(source.Describe(AuditAction.Bootstrap, AuditOutcome.Success, target: key.Id.Value));
                return key;
            },
            cancellationToken
        );
        if (made is not null && options.Secret is not null)
        {
            Log.MadeFromFile(logger, made.Id.Value, BootstrapOptions.SecretFileSetting.Variable);
        }
    }

    /// <summary>Makes a further key with all access, and writes its secret to standard error and nowhere else.</summary>
    /// <param name="revokeOthers"><c>true</c> to remove every other key that grants <c>*</c>; otherwise <c>false</c>.</param>
    /// <param name="cancellationToken">The token that cancels the statements.</param>
    public async Task ResetAsync(bool revokeOthers, CancellationToken cancellationToken)
    {
        var (id, secret, isShown) = (KeyId.Create(), ApiKeySecret.Create(), false);
        await ledger.ForceChangeAsync(
            async change =>
            {
                await Migrator.LockAsync(change.Transaction, cancellationToken);
                var removed = revokeOthers ? await BootstrapKeyStore.DeleteAdministratorsAsync(change.Transaction, cancellationToken) : [];
                var key = await BootstrapKeyStore.InsertAsync(change.Transaction, id, KeyName, AccessScope.Full, secret.Hash(), cancellationToken);
                if (!isShown)
                {
                    var text = string.Create(CultureInfo.InvariantCulture, $"removed {removed.Count} API keys that grant *, and made one");
                    await ShowAsync(revokeOthers ? text : "made a further API key", key, secret, cancellationToken);
                    isShown = true;
                }

                await change.CommitAsync([
                    source.Describe(AuditAction.BootstrapReset, AuditOutcome.Success, target: key.Id.Value),
                    .. removed.Select(id => source.Describe(AuditAction.KeyDelete, AuditOutcome.Success, ByReset, id.Value)),
                ]);
                return key;
            },
            cancellationToken
        );
    }

    // Shown before the commit: a key whose secret was never shown would lock everyone out, but a shown secret without a key is harmless.
    private static async Task ShowAsync(string change, ApiKey key, ApiKeySecret secret, CancellationToken cancellationToken)
    {
        await Console.Error.WriteLineAsync(
            $"""

            Axvault {change}, "{key.Name}" ({key.Id}). This is the only time that its secret is shown:

              {secret.Reveal()}

            """
        );
        await Console.Error.FlushAsync(cancellationToken);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "The first API key {KeyId} was made with the secret in the file that {Setting} names")]
        public static partial void MadeFromFile(ILogger logger, string keyId, string setting);
    }
}
