using Axvault.Api.Encryption;
using static Axvault.Tests.Encryption.TestKeys;

namespace Axvault.Tests.Encryption;

public sealed class RowMacTests
{
    private static readonly Guid Id = Guid.Parse("0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b");
    private static readonly DateTime Time = new(2026, 11, 29, 12, 0, 0, 1, DateTimeKind.Utc);
    private static readonly string[] Names = ["a", "b*"];

    // Made by the Python script of docs/design/envelope.md, which shares no code with the server.
    [Fact]
    public void A_MAC_is_byte_for_byte_as_documented()
    {
        var key = KeyEncryptionKey.FromMaster([.. Enumerable.Range(0, 32).Select(static number => (byte)number)]);

        Assert.Equal(
            "fd83dfba780b426972bc7e70414631767dc30581584ad7471e0b7ee68407121a",
            Convert.ToHexStringLower(RowMac.Of(key, "api_key", ["text ä", null, new byte[] { 1, 2 }, 7, -8L, true, Time, Id, Names]))
        );
    }

    [Fact]
    public void No_two_rows_have_the_same_MAC()
    {
        List<object?[]> rows =
        [
            [],
            [null],
            [null, null],
            [""],
            ["", ""],
            ["ab", "c"],
            ["a", "bc"],
            ["abc"],
            ["abc"u8.ToArray()],
            [Array.Empty<byte>()],
            [Array.Empty<string>()],
            [new string?[] { null }],
            [new[] { "" }],
            [new[] { "a", "b" }],
            [new[] { "a" }, "b"],
            [new[] { "ab" }],
            [0],
            [1],
            [-1],
            [true],
            [false],
            [Time],
            [Time.AddMicroseconds(1)],
            [DateTime.MaxValue],
            [DateTime.MinValue],
            [Id],
            [Id.ToString()],
        ];

        var macs = rows.SelectMany(static row => new[] { Mac(1, "a", row), Mac(1, "b", row), Mac(2, "a", row) }).ToList();

        Assert.Equal(macs.Count, macs.Distinct().Count());
    }

    [Fact]
    public void A_number_and_a_time_have_one_form_in_every_type()
    {
        Assert.Equal(Mac(1, "a", [5]), Mac(1, "a", [5L]));
        Assert.Equal(Mac(1, "a", [Time]), Mac(1, "a", [new DateTimeOffset(Time)]));
        Assert.Equal(Mac(1, "a", [Time]), Mac(1, "a", [new DateTimeOffset(Time).ToOffset(TimeSpan.FromHours(3))]));
        Assert.Equal(Mac(1, "a", [Time]), Mac(1, "a", [Time.AddTicks(9)]));
    }

    [Fact]
    public void A_value_of_another_type_is_not_sealed() => Assert.Throws<ArgumentException>(static () => RowMac.Of(Key(1), "a", [1.5]));

    private static string Mac(int key, string table, object?[] row) => Convert.ToHexStringLower(RowMac.Of(Key(key), table, row));
}
