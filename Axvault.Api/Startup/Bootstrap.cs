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
    AuditWriter audit,
    AuditSource source,
    KeyRowStore rows,
    BootstrapOptions options,
    TimeProvider time,
    ILogger<Bootstrap> logger
)
{
    private const string KeyName = "Bootstrap Admin";
    private const string ByReset = "removed by axvault bootstrap --reset --revoke-others";
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Makes the key with all access, unless there is a key.</summary>
    /// <remarks>
    /// The secret is that of the settings, which is not shown.
    /// Without one it is a new secret, written to standard error and nowhere else.
    /// While the audit log cannot be written, it waits: the server is not ready until then anyway.
    /// </remarks>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        // Made once: the change may be made again, and the secret is shown once.
        var first = new FirstKey(KeyId.Create(), options.Secret ?? ApiKeySecret.Create()) { IsShown = options.Secret is not null };
        while (true)
        {
            try
            {
                await MakeFirstAsync(first, cancellationToken);
                return;
            }
            catch (AuditUnavailableException exception)
            {
                Log.Waiting(logger, exception.Message);
                await Task.Delay(Pause, time, cancellationToken);
                // Its own loop begins when the server is ready.
                await audit.MaintainAsync();
            }
        }
    }

    private async Task MakeFirstAsync(FirstKey first, CancellationToken cancellationToken)
    {
        var made = await ledger.ChangeAsync(
            async change =>
            {
                await Migrator.LockAsync(change.Transaction, cancellationToken);
                if (await BootstrapKeyStore.HasAnyAsync(change.Transaction, cancellationToken))
                {
                    return null;
                }

                var key = await rows.InsertAsync(
                    change.Transaction,
                    first.Id,
                    KeyName,
                    AccessScope.Full,
                    first.Secret.Hash(),
                    issuedBy: null,
                    cancellationToken
                );
                if (!first.IsShown)
                {
                    await ShowAsync("made the first API key", key, first.Secret, cancellationToken);
                    first.IsShown = true;
                }

                await change.CommitAsync(source.Describe(AuditAction.Bootstrap, AuditOutcome.Success, target: key.Id.Value).Stating(key.UpdatedAt));
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
                var key = await rows.InsertAsync(change.Transaction, id, KeyName, AccessScope.Full, secret.Hash(), issuedBy: null, cancellationToken);
                if (!isShown)
                {
                    var text = string.Create(CultureInfo.InvariantCulture, $"removed {removed.Count} API keys that grant *, and made one");
                    await ShowAsync(revokeOthers ? text : "made a further API key", key, secret, cancellationToken);
                    isShown = true;
                }

                await change.CommitAsync([
                    source.Describe(AuditAction.BootstrapReset, AuditOutcome.Success, target: key.Id.Value).Stating(key.UpdatedAt),
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

    private sealed class FirstKey(KeyId id, ApiKeySecret secret)
    {
        public KeyId Id => id;

        public ApiKeySecret Secret => secret;

        public bool IsShown { get; set; }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The server is not ready: {Reason}")]
        public static partial void Waiting(ILogger logger, string reason);

        [LoggerMessage(LogLevel.Information, "The first API key {KeyId} was made with the secret in the file that {Setting} names")]
        public static partial void MadeFromFile(ILogger logger, string keyId, string setting);
    }
}
