using System.Globalization;
using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Keys;
using Axvault.Api.Migrations;
using Npgsql;

namespace Axvault.Api.Startup;

/// <summary>Makes the API key that everything begins with: the first one, once in the whole fleet, and on demand one for a vault that nobody can administer any more.</summary>
internal sealed class Bootstrap(NpgsqlDataSource database, AuditLog audit, AuditSource source)
{
    private const string KeyName = "Bootstrap Admin";
    private const string ByReset = "removed by axvault bootstrap --reset --revoke-others";

    /// <summary>Makes the key with all access, and writes its secret to standard error and nowhere else.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await Migrator.LockAsync(transaction, cancellationToken);
        var secret = ApiKeySecret.Create();
        if (await KeyStore.InsertFirstAsync(transaction, KeyName, AccessScope.Full, secret.Hash(), cancellationToken) is not { } key)
        {
            return;
        }

        var note = source.Note(AuditAction.Bootstrap, AuditOutcome.Success, target: key.Id.Value);
        await AuditNoteStore.WriteAsync(transaction, note, cancellationToken);

        await ShowAsync("made the first API key", key, secret, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        await audit.TryRecordAsync(note);
    }

    /// <summary>Makes a further key with all access, whatever keys there are, and writes its secret to standard error and nowhere else.</summary>
    /// <param name="revokeOthers">Whether every other key that grants <c>*</c> is removed.</param>
    /// <param name="cancellationToken">Ends the statements.</param>
    public async Task ResetAsync(bool revokeOthers, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await Migrator.LockAsync(transaction, cancellationToken);
        var removed = revokeOthers ? await KeyStore.DeleteAdministratorsAsync(transaction, cancellationToken) : [];
        var secret = ApiKeySecret.Create();
        var key = await KeyStore.InsertAsync(transaction, KeyName, AccessScope.Full, secret.Hash(), cancellationToken);
        List<AuditNote> notes =
        [
            source.Note(AuditAction.BootstrapReset, AuditOutcome.Success, target: key.Id.Value),
            .. removed.Select(id => source.Note(AuditAction.KeyDelete, AuditOutcome.Success, ByReset, id.Value)),
        ];
        foreach (var note in notes)
        {
            await AuditNoteStore.WriteAsync(transaction, note, cancellationToken);
        }

        await ShowAsync(revokeOthers ? string.Create(CultureInfo.InvariantCulture, $"removed {removed.Count} API keys that grant *, and made one") : "made a further API key", key, secret, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        foreach (var note in notes)
        {
            await audit.TryRecordAsync(note);
        }
    }

    // Before it is committed: a key whose secret nobody saw would lock everyone out, a secret whose key was not kept harms nobody.
    private static async Task ShowAsync(string what, ApiKey key, ApiKeySecret secret, CancellationToken cancellationToken)
    {
        await Console.Error.WriteLineAsync(
            $"""

            Axvault {what}, "{key.Name}" ({key.Id}). This is the only time that its secret is shown:

              {secret.Reveal()}

            """);
        await Console.Error.FlushAsync(cancellationToken);
    }
}
