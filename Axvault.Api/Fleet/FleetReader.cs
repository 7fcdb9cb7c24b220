using Axvault.Api.Audit;
using Axvault.Api.Encryption;
using Axvault.Api.Refresh.Spool;
using Axvault.Api.Rotation;

namespace Axvault.Api.Fleet;

/// <summary>Gathers the state of the fleet: its servers, the rotation, and what the answering server knows of itself.</summary>
internal sealed class FleetReader(ServerStore servers, RotationStore rotation, Vault vault, AuditState audit, TokenSpool spool)
{
    /// <summary>Returns the state of the fleet.</summary>
    public async Task<ServerListResponse> ReadAsync(CancellationToken cancellationToken) =>
        new(
            [.. (await servers.ListAsync(cancellationToken)).Select(Show)],
            spool.CountByKey().Values.Sum(),
            audit.IsBlocked ? new AuditStateResponse(AuditStateResponse.Blocked, audit.Blockage.Since) : new AuditStateResponse(AuditStateResponse.Ok, null),
            await FindRotationAsync(cancellationToken)
        );

    private ServerResponse Show(ListedServer server) =>
        new(
            server.Id,
            server.Name,
            server.Version,
            server.PresentSince,
            server.SeenAt,
            server.IsSilent,
            server.Id == vault.Server.Id,
            server.EncryptsWith.ToString(),
            server.Lanes
        );

    // Rows are counted only while there is something to rotate: counting reads an index of every table.
    private async Task<RotationResponse?> FindRotationAsync(CancellationToken cancellationToken)
    {
        var state = await rotation.FindAsync(cancellationToken);
        var kek = state is { Kek: { } running, IsFinished: false } ? running : vault.Keys.Configured.Id;
        if ((state.Kek is null || state.IsFinished) && !await rotation.HasOthersAsync(kek, cancellationToken))
        {
            return null;
        }

        var rows = (await rotation.CountAsync(cancellationToken))
            .GroupBy(static count => count.Kek)
            .Select(static same => (Kek: same.Key, Rows: same.Sum(static count => count.Rows)))
            .OrderByDescending(static count => count.Rows)
            .ToList();
        return new RotationResponse(
            kek.ToString(),
            rows.Where(count => count.Kek == kek).Sum(static count => count.Rows),
            rows.Sum(static count => count.Rows),
            state.Unreadable,
            [.. rows.Select(static count => new KekRowsResponse(count.Kek.ToString(), count.Rows))]
        );
    }
}
