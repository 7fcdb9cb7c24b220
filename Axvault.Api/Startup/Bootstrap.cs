using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Keys;
using Axvault.Api.Migrations;
using Npgsql;

namespace Axvault.Api.Startup;

/// <summary>Makes the first API key, once in the whole fleet, when there is none at all.</summary>
internal sealed class Bootstrap(NpgsqlDataSource database, AuditLog audit, AuditSource source)
{
    private const string KeyName = "Bootstrap Admin";

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

        // Shown before it is committed: a key whose secret nobody saw would lock everyone out, a secret whose key was not kept harms nobody.
        await Console.Error.WriteLineAsync(
            $"""

            Axvault made the first API key, "{key.Name}" ({key.Id}). This is the only time that its secret is shown:

              {secret.Reveal()}

            """);
        await Console.Error.FlushAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        await audit.TryRecordAsync(note);
    }
}
