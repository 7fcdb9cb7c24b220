using Axvault.Api.Encryption;
using Axvault.Api.Rotation;
using static Axvault.Tests.Encryption.TestKeys;

namespace Axvault.Tests.Rotation;

public sealed class RotationReportTests
{
    private static readonly RotationState Finished = new(Key(2).Id, IsFinished: true, 5, 0);

    [Fact]
    public void The_older_keys_can_go_when_everything_uses_the_configured_one()
    {
        var report = Report();

        Assert.True(report.OthersCanGo);
        Assert.Empty(report.Needs);
        Assert.Equal([$"Key {Key(2).Id} (configured): 7 rows", $"Key {Key(1).Id} (previous): 0 rows", $"Server a/1 encrypts with {Key(2).Id}"], report.Lines);
    }

    [Fact]
    public void Each_reason_to_keep_an_older_key_is_named()
    {
        AssertNeedsOne(
            Report(rows: [new(EnvelopeTable.Versions.Name, Key(2).Id, 7), new(EnvelopeTable.Versions.Name, Key(1).Id, 3)]),
            $"3 rows of credential_version are under the key {Key(1).Id}"
        );
        AssertNeedsOne(Report(rows: [new(EnvelopeTable.Versions.Name, Key(9).Id, 1)]), $"1 rows of credential_version are under the key {Key(9).Id}");
        AssertNeedsOne(Report(spooled: new() { [Key(2).Id] = 4, [Key(1).Id] = 2 }), $"2 files in the spool of this machine are under the key {Key(1).Id}");
        AssertNeedsOne(
            Report(auditKeys: [(Key(0).Id, Key(1).Id), (Key(1).Id, Key(2).Id)]),
            $"the audit log's key that belongs to the key {Key(0).Id} is not kept under the configured one"
        );
        AssertNeedsOne(Report(known: [Key(2).Id, Key(0).Id]), $"the audit log's key that belongs to the key {Key(0).Id} is not kept under the configured one");
        AssertNeedsOne(Report(servers: [Server("a/1", [1], 1)]), "the server a/1 does not have the configured key");
        AssertNeedsOne(Report(servers: [Server("a/1", [2, 1], 2), Server("b/2", [2, 1], 1)]), $"the server b/2 encrypts with the key {Key(1).Id}");
        AssertNeedsOne(Report(state: Finished with { IsFinished = false }), "no server has finished the rotation to the configured key");
        AssertNeedsOne(Report(state: Finished with { Kek = Key(1).Id }), "no server has finished the rotation to the configured key");
        AssertNeedsOne(Report(state: new RotationState(null, IsFinished: false, 0, 0)), "no server has finished the rotation to the configured key");
    }

    [Fact]
    public void A_silent_server_needs_no_older_key() => Assert.True(Report(servers: [Server("a/1", [1], 1) with { IsSilent = true }]).OthersCanGo);

    private static void AssertNeedsOne(RotationReport report, string need)
    {
        Assert.False(report.OthersCanGo);
        Assert.Equal(need, Assert.Single(report.Needs));
    }

    private static RotationReport Report(
        RotationState? state = null,
        KekCount[]? rows = null,
        KekId[]? known = null,
        (KekId, KekId)[]? auditKeys = null,
        FleetMember[]? servers = null,
        Dictionary<KekId, long>? spooled = null
    ) =>
        RotationReport.Of(
            Ring(2, 1),
            state ?? Finished,
            rows ?? [new(EnvelopeTable.Versions.Name, Key(2).Id, 7)],
            known ?? [Key(2).Id],
            auditKeys ?? [(Key(1).Id, Key(2).Id)],
            servers ?? [Server("a/1", [2, 1], 2)],
            spooled ?? []
        );

    private static FleetMember Server(string name, int[] keys, int encryptsWith) =>
        new(Guid.NewGuid(), name, keys.Select(static number => Key(number).Id).ToHashSet(), Key(encryptsWith).Id, IsSilent: false);
}
