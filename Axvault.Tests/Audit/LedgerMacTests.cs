using Axvault.Api.Chain;
using Axvault.Api.Encryption;
using Axvault.Tests.Encryption;

namespace Axvault.Tests.Audit;

/// <summary>The MACs that bind each entry and each checkpoint to the one before it.</summary>
public sealed class LedgerMacTests
{
    private static readonly KeyEncryptionKey Key = TestKeys.Key(1);
    private static readonly ChainKeys Keys = Of(Key.Id, Key.ChainKey);
    private static readonly DateTimeOffset Noon = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);
    private static readonly LaneHead Start = new(3, 0, Noon, LedgerMac.Genesis("vault"));
    private static readonly CheckpointHead First = new(4, Noon, LedgerMac.Genesis("vault"));

    // The keys, ids and times of the vectors.
    private static readonly ChainKeys VectorKeys = Of(new KekId(0x0102030405060708), [.. Enumerable.Range(0, 32).Select(static number => (byte)number)]);
    private static readonly DateTimeOffset VectorTime = Noon.AddMilliseconds(123);

    private static readonly Dictionary<string, Func<ChainedEntry, ChainedEntry>> EntryChanges = new()
    {
        ["lane"] = static entry => entry with { Lane = entry.Lane + 1 },
        ["sequence"] = static entry => entry with { Sequence = entry.Sequence + 1 },
        ["checkpoint"] = static entry => entry with { Checkpoint = entry.Checkpoint + 1 },
        ["time"] = static entry => entry with { At = entry.At.AddMilliseconds(1) },
        ["key"] = static entry => entry with { Kek = new KekId(entry.Kek.Value + 1) },
        ["mac"] = static entry => entry with { Mac = [.. entry.Mac[..31], (byte)(entry.Mac[31] ^ 1)] },
        ["action"] = static entry => entry with { Entry = entry.Entry with { Action = AuditAction.CredentialPut } },
        ["outcome"] = static entry => entry with { Entry = entry.Entry with { Outcome = "denied" } },
        ["key id"] = static entry => entry with { Entry = entry.Entry with { KeyId = null } },
        ["key name"] = static entry => entry with { Entry = entry.Entry with { KeyName = "somebody else" } },
        ["target"] = static entry => entry with { Entry = entry.Entry with { Target = "" } },
        ["client address"] = static entry => entry with { Entry = entry.Entry with { ClientAddress = "::2" } },
        ["user agent"] = static entry => entry with { Entry = entry.Entry with { UserAgent = null } },
        ["request id"] = static entry => entry with { Entry = entry.Entry with { RequestId = "2" } },
        ["trace id"] = static entry => entry with { Entry = entry.Entry with { TraceId = "1" } },
        ["reason"] = static entry => entry with { Entry = entry.Entry with { Reason = null } },
        ["server"] = static entry => entry with { Entry = entry.Entry with { Server = "other" } },
        ["a letter that moves to the next text"] = static entry => entry with { Entry = entry.Entry with { RequestId = "12", TraceId = "" } },
        ["a text that becomes longer by a zero"] = static entry => entry with { Entry = entry.Entry with { KeyId = entry.Entry.KeyId + "\0" } },
    };

    private static readonly Dictionary<string, Func<Checkpoint, Checkpoint>> CheckpointChanges = new()
    {
        ["number"] = static point => point with { Number = point.Number + 1 },
        ["time"] = static point => point with { At = point.At.AddMilliseconds(1) },
        ["key"] = static point => point with { Kek = new KekId(point.Kek.Value + 1) },
        ["mac"] = static point => point with { Mac = [.. point.Mac[..31], (byte)(point.Mac[31] ^ 1)] },
        ["retired"] = static point => point with { Retired = [new KekId(8)] },
        ["no retired"] = static point => point with { Retired = [] },
        ["lanes"] = static point => point with { Lanes = [point.Lanes[0]] },
        ["order of lanes"] = static point => point with { Lanes = [point.Lanes[1], point.Lanes[0]] },
        ["lane"] = static point => Change(point, static lane => lane with { Lane = lane.Lane + 1 }),
        ["event"] = static point => Change(point, static lane => lane with { Kind = LaneEventKind.Closed }),
        ["lane's sequence"] = static point => Change(point, static lane => lane with { Sequence = lane.Sequence + 1 }),
        ["lane's mac"] = static point => Change(point, static lane => lane with { Mac = new byte[32] }),
    };

    public static TheoryData<string> Columns => [.. EntryChanges.Keys];

    public static TheoryData<string> Parts => [.. CheckpointChanges.Keys];

    [Fact]
    public void The_mac_of_an_entry_is_the_documented_one()
    {
        // The vectors come from Python's hmac and struct, over the bytes that the remarks of LedgerMac define. Another format needs another number.
        var head = new LaneHead(3, 6, Noon, LedgerMac.Genesis("vault"));
        var entry = new AuditEntry("a", "b")
        {
            KeyName = "",
            Target = "é",
            UserAgent = "ü😀",
            Reason = "r",
            Server = "s",
        };

        var linked = Assert.Single(LedgerMac.Link(head, [entry], 9, VectorKeys, VectorTime));

        Assert.Equal("bcc4c751e418e4db2575d86e150e48188fa5b236bab88bfb481c318e7d860f0b", Convert.ToHexStringLower(linked.Mac));
    }

    [Fact]
    public void The_mac_of_a_checkpoint_is_the_documented_one()
    {
        LaneEvent[] lanes =
        [
            new(4, LaneEventKind.Closed, 6, Bytes(0x22)),
            new(4, LaneEventKind.Moved, 5, Bytes(0x11)),
            new(3, LaneEventKind.Opened, 0, []),
        ];

        var linked = LedgerMac.Link(First, lanes, [new KekId(0x1112131415161718)], VectorKeys, VectorTime);

        Assert.Equal("7f746602415535e03a58467a8d359e6ff9d12b998590b07dd058d43341945d14", Convert.ToHexStringLower(linked.Mac));
    }

    [Fact]
    public void The_seals_and_the_beginning_are_the_documented_ones()
    {
        var key = VectorKeys.Current.ToArray();

        Assert.Equal("d4b776055f3dc2977240f6fbbbcc08028c0a0bf4cf25373c1f2152caba30b6e3", Convert.ToHexStringLower(LedgerMac.Genesis("vault")));
        Assert.Equal(
            "f0852558a6ffa6cba0cfd64bd7ced100102bf86ae104c4db0a4d51c8ed36ed02",
            Convert.ToHexStringLower(LedgerSeal.OfCut(new LedgerCut(5, Bytes(0x11), [new LaneBase(3, 7, Bytes(0x22))]), key))
        );
        Assert.Equal(
            "dc9ee82b0d64f5aba93490bc820f92536a2b05ce0308286f8d291b8ff5fa5a32",
            Convert.ToHexStringLower(LedgerSeal.OfAnchor(new CheckpointHead(5, VectorTime, Bytes(0x11)), key))
        );
        Assert.Equal(
            "215dda8e96f6daa4a9e7f7940a6eeb592cfb070880da5877d7b988d66f5ac4c8",
            Convert.ToHexStringLower(LedgerSeal.OfRetirement(VectorKeys.CurrentId, 5, key))
        );
    }

    [Fact]
    public void Entries_follow_one_another_from_the_announcement_on()
    {
        var entries = Link(3);

        Assert.Equal([1, 2, 3], entries.Select(static entry => entry.Sequence));
        var previous = Start.Mac;
        Assert.All(entries, entry =>
        {
            Assert.True(LedgerMac.Follows(entry, previous, Key.ChainKey));
            previous = entry.Mac;
        });
        Assert.False(LedgerMac.Follows(entries[2], entries[0].Mac, Key.ChainKey));
    }

    [Theory]
    [MemberData(nameof(Columns))]
    public void A_change_of_any_column_breaks_the_lane(string column)
    {
        var entry = Assert.Single(Link(1));

        Assert.True(LedgerMac.Follows(entry, Start.Mac, Key.ChainKey));
        Assert.False(LedgerMac.Follows(EntryChanges[column](entry), Start.Mac, Key.ChainKey));
    }

    [Fact]
    public void The_tested_changes_cover_every_column_of_an_entry() =>
        Assert.Equal(PropertiesOf<AuditEntry>() + PropertiesOf<ChainedEntry>() - 1, EntryChanges.Count - 2);

    [Theory]
    [MemberData(nameof(Parts))]
    public void A_change_of_any_part_of_a_checkpoint_breaks_the_chain(string part)
    {
        LaneEvent[] lanes = [new(3, LaneEventKind.Opened, 0, []), new(4, LaneEventKind.Moved, 5, Bytes(0x11))];
        var checkpoint = LedgerMac.Link(First, lanes, [new KekId(7)], Keys, Noon);

        Assert.True(LedgerMac.Follows(checkpoint, First.Mac, Key.ChainKey));
        Assert.False(LedgerMac.Follows(CheckpointChanges[part](checkpoint), First.Mac, Key.ChainKey));
    }

    [Fact]
    public void The_tested_changes_cover_every_part_of_a_checkpoint() =>
        Assert.Equal(PropertiesOf<Checkpoint>() + PropertiesOf<LaneEvent>(), CheckpointChanges.Count - 2);

    [Fact]
    public void Another_key_another_vault_and_another_length_do_not_follow()
    {
        var (entry, checkpoint) = (Assert.Single(Link(1)), LedgerMac.Link(First, [], [], Keys, Noon));

        Assert.False(LedgerMac.Follows(entry, Start.Mac, TestKeys.Key(2).ChainKey));
        Assert.False(LedgerMac.Follows(entry, LedgerMac.Genesis("another vault"), Key.ChainKey));
        Assert.False(LedgerMac.Follows(entry, new byte[5000], Key.ChainKey));
        Assert.False(LedgerMac.Follows(checkpoint, First.Mac, TestKeys.Key(2).ChainKey));
        Assert.False(LedgerMac.Follows(checkpoint, LedgerMac.Genesis("another vault"), Key.ChainKey));
    }

    [Fact]
    public void Time_never_runs_backwards_along_a_lane_or_the_checkpoints()
    {
        var (lane, first) = (Start with { At = Noon.AddHours(1) }, First with { At = Noon.AddHours(1) });

        Assert.Equal(Noon.AddHours(1), Assert.Single(LedgerMac.Link(lane, [AuditLab.Entry("late clock")], 1, Keys, Noon)).At);
        Assert.Equal(Noon.AddHours(2), Assert.Single(LedgerMac.Link(lane, [AuditLab.Entry("right clock")], 1, Keys, Noon.AddHours(2).AddTicks(7))).At);
        Assert.Equal(Noon.AddHours(1), LedgerMac.Link(first, [], [], Keys, Noon).At);
        Assert.Equal(Noon.AddHours(2), LedgerMac.Link(first, [], [], Keys, Noon.AddHours(2).AddTicks(7)).At);
    }

    [Fact]
    public void An_anchor_is_read_as_it_was_written_and_cannot_be_forged()
    {
        var anchor = AuditAnchor.Of(LedgerMac.Link(First, [], [], Keys, Noon).ToHead(), Keys);

        Assert.True(AuditAnchor.TryParse(anchor.ToString(), out var read));
        Assert.Equal(anchor.ToString(), read.ToString());
        Assert.True(read.IsAuthentic(Keys));
        Assert.False((read with { Checkpoint = read.Checkpoint with { Number = 1 } }).IsAuthentic(Keys));
        Assert.False((read with { Checkpoint = read.Checkpoint with { At = Noon.AddDays(1) } }).IsAuthentic(Keys));
        Assert.False((read with { Checkpoint = read.Checkpoint with { Mac = new byte[32] } }).IsAuthentic(Keys));
        Assert.False((read with { Kek = new KekId(1) }).IsAuthentic(Keys));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("axa2")]
    [InlineData("axa2.1.1.0102030405060708.short.short")]
    [InlineData("axa1.1.1.0102030405060708.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("axa2.-1.1.0102030405060708.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("axa2.1.9999999999999999.0102030405060708.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void A_malformed_anchor_is_not_parsed(string? text) => Assert.False(AuditAnchor.TryParse(text, out _));

    [Theory]
    [InlineData("abc", 2, "ab")]
    [InlineData("ab😀", 3, "ab")]
    [InlineData("ab😀", 4, "ab😀")]
    [InlineData(null, 4, null)]
    public void A_text_that_is_too_long_is_cut_between_characters(string? text, int length, string? cut) => Assert.Equal(cut, AuditEntry.Cut(text, length));

    private static List<ChainedEntry> Link(int count) =>
        LedgerMac.Link(Start, Enumerable.Range(1, count).Select(static number => AuditLab.Entry($"{number}")), 1, Keys, Noon);

    private static Checkpoint Change(Checkpoint checkpoint, Func<LaneEvent, LaneEvent> change) =>
        checkpoint with
        {
            Lanes = [checkpoint.Lanes[0], change(checkpoint.Lanes[1])],
        };

    private static ChainKeys Of(KekId id, byte[] key) => new(id, new Dictionary<KekId, byte[]> { [id] = key }, new Dictionary<KekId, long>());

    private static byte[] Bytes(byte value) => [.. Enumerable.Repeat(value, 32)];

    private static int PropertiesOf<T>() => typeof(T).GetProperties().Count(static property => property.Name != "EqualityContract");
}
