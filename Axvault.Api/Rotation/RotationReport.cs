using System.Globalization;
using Axvault.Api.Encryption;

namespace Axvault.Api.Rotation;

/// <summary>The use of each encryption key, and the verdict whether all keys but the configured one can be removed. Pure.</summary>
internal sealed class RotationReport
{
    private RotationReport(IReadOnlyList<string> lines, IReadOnlyList<string> needs) => (Lines, Needs) = (lines, needs);

    /// <summary>The keys with the rows under them, and the servers.</summary>
    public IReadOnlyList<string> Lines { get; }

    /// <summary>The things that need another key than the configured one, or may come to need it.</summary>
    public IReadOnlyList<string> Needs { get; }

    /// <summary><see langword="true"/> when the other keys can be removed from every server; otherwise <see langword="false"/>.</summary>
    public bool OthersCanGo => Needs.Count == 0;

    /// <summary>Creates a report.</summary>
    /// <param name="ring">The configured keys.</param>
    /// <param name="state">The progress of the rotation.</param>
    /// <param name="rows">The encrypted rows.</param>
    /// <param name="known">The KEKs that the vault was encrypted with.</param>
    /// <param name="auditKeys">The stored keys of the audit log, each with the KEK that wraps it.</param>
    /// <param name="servers">The servers.</param>
    /// <param name="spooled">The number of files in this machine's spool, by KEK.</param>
    public static RotationReport Of(
        KeyRing ring,
        RotationState state,
        IReadOnlyCollection<KekCount> rows,
        IReadOnlyCollection<KekId> known,
        IReadOnlyCollection<(KekId Id, KekId WrappedBy)> auditKeys,
        IReadOnlyCollection<FleetMember> servers,
        IReadOnlyDictionary<KekId, long> spooled
    )
    {
        var configured = ring.Configured.Id;
        var present = servers.Where(static server => !server.IsSilent).ToList();
        var needs = new List<string>();
        needs.AddRange(
            rows.Where(count => count.Kek != configured).Select(static count => Text($"{count.Rows} rows of {count.Table} are under the key {count.Kek}"))
        );
        needs.AddRange(
            spooled
                .Where(count => count.Key != configured)
                .Select(static count => Text($"{count.Value} files in the spool of this machine are under the key {count.Key}"))
        );
        needs.AddRange(
            auditKeys
                .Select(static key => key.Id)
                .Concat(known)
                .Distinct()
                .Where(id => id != configured && !auditKeys.Contains((id, configured)))
                .Select(static id => $"the audit log's key that belongs to the key {id} is not kept under the configured one")
        );
        needs.AddRange(
            present.Where(server => !server.KekIds.Contains(configured)).Select(static server => $"the server {server.Name} does not have the configured key")
        );
        needs.AddRange(
            present
                .Where(server => server.KekIds.Contains(configured) && server.EncryptsWith != configured)
                .Select(static server => $"the server {server.Name} encrypts with the key {server.EncryptsWith}")
        );
        if (needs.Count == 0 && (state.Kek != configured || !state.IsFinished))
        {
            needs.Add("no server has finished the rotation to the configured key");
        }

        var keys = ring.All.Select(static key => key.Id).Prepend(configured).Concat(rows.Select(static count => count.Kek)).Concat(known).Distinct();
        return new RotationReport(
            [
                .. keys.Select(id => Text($"Key {id} ({Standing(ring, id)}): {rows.Where(count => count.Kek == id).Sum(static count => count.Rows)} rows")),
                .. present.Select(static server => $"Server {server.Name} encrypts with {server.EncryptsWith}"),
            ],
            needs
        );
    }

    private static string Standing(KeyRing ring, KekId id) =>
        id == ring.Configured.Id ? "configured"
        : ring.TryFind(id, out _) ? "previous"
        : "not configured";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
