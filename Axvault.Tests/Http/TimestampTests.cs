using Axvault.Api.Http;
using CsCheck;

namespace Axvault.Tests.Http;

public sealed class TimestampTests
{
    [Theory]
    [InlineData("2026-01-15T10:30:00.000Z", "2026-01-15T10:30:00.000Z")]
    [InlineData("2026-01-15T10:30:00Z", "2026-01-15T10:30:00.000Z")]
    [InlineData("2026-01-15t10:30:00z", "2026-01-15T10:30:00.000Z")]
    [InlineData("2026-01-15T10:30:00.1Z", "2026-01-15T10:30:00.100Z")]
    [InlineData("2026-01-15T10:30:00.12Z", "2026-01-15T10:30:00.120Z")]
    [InlineData("2026-01-15T10:30:00.123Z", "2026-01-15T10:30:00.123Z")]
    [InlineData("2026-01-15T10:30:00.1239Z", "2026-01-15T10:30:00.123Z")]
    [InlineData("2026-01-15T10:30:00.1239999Z", "2026-01-15T10:30:00.123Z")]
    [InlineData("2026-01-15T10:30:00.123999999Z", "2026-01-15T10:30:00.123Z")]
    [InlineData("2026-01-15T10:30:00.999999999Z", "2026-01-15T10:30:00.999Z")]
    [InlineData("2026-12-31T23:59:59.999999999Z", "2026-12-31T23:59:59.999Z")]
    [InlineData("2026-01-15T10:30:00+00:00", "2026-01-15T10:30:00.000Z")]
    [InlineData("2026-01-15T10:30:00-00:00", "2026-01-15T10:30:00.000Z")]
    [InlineData("2026-01-15T10:30:00+01:00", "2026-01-15T09:30:00.000Z")]
    [InlineData("2026-01-15T10:30:00-05:30", "2026-01-15T16:00:00.000Z")]
    [InlineData("2026-01-01T00:30:00+14:00", "2025-12-31T10:30:00.000Z")]
    [InlineData("2026-12-31T23:30:00.5-14:00", "2027-01-01T13:30:00.500Z")]
    [InlineData("2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z")]
    [InlineData("2000-02-29T00:00:00Z", "2000-02-29T00:00:00.000Z")]
    [InlineData("1969-12-31T23:59:59.9999Z", "1969-12-31T23:59:59.999Z")]
    [InlineData("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z")]
    [InlineData("0001-01-01T14:00:00+14:00", "0001-01-01T00:00:00.000Z")]
    [InlineData("9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59.999Z")]
    [InlineData("9999-12-31T09:59:59-14:00", "9999-12-31T23:59:59.000Z")]
    public void A_time_of_rfc_3339_is_read_in_utc_and_cut_to_the_millisecond(string text, string expected)
    {
        Assert.True(Timestamp.TryParse(text, out var time));
        Assert.Equal(expected, Timestamp.ToText(time));
        Assert.Equal(TimeSpan.Zero, time.Offset);
        Assert.Equal(0, time.Ticks % TimeSpan.TicksPerMillisecond);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("now")]
    [InlineData("1768473000")]
    [InlineData("1768473000000")]
    [InlineData("2026-01-15")]
    [InlineData("10:30:00Z")]
    [InlineData("2026-01-15T10:30:00")]
    [InlineData("2026-01-15T10:30Z")]
    [InlineData("2026-01-15 10:30:00Z")]
    [InlineData("2026-1-15T10:30:00Z")]
    [InlineData("26-01-15T10:30:00Z")]
    [InlineData("12026-01-15T10:30:00Z")]
    [InlineData("-2026-01-15T10:30:00Z")]
    [InlineData("20260115T103000Z")]
    [InlineData("2026-01-15T10:30:00.Z")]
    [InlineData("2026-01-15T10:30:00,123Z")]
    [InlineData("2026-01-15T10:30:00.1234567890Z")]
    [InlineData("2026-01-15T10:30:00+1:00")]
    [InlineData("2026-01-15T10:30:00+0100")]
    [InlineData("2026-01-15T10:30:00+01")]
    [InlineData("2026-01-15T10:30:00 UTC")]
    [InlineData("2026-01-15T10:30:00ZZ")]
    [InlineData("2026-01-15T10:30:00Z\n")]
    [InlineData("2026-01-15T10:30:00Z ")]
    [InlineData(" 2026-01-15T10:30:00Z")]
    [InlineData("2026-01-15T10:30:00Z\0")]
    [InlineData("2026-00-15T10:30:00Z")]
    [InlineData("2026-13-15T10:30:00Z")]
    [InlineData("2026-01-00T10:30:00Z")]
    [InlineData("2026-01-32T10:30:00Z")]
    [InlineData("2026-02-29T10:30:00Z")]
    [InlineData("1900-02-29T10:30:00Z")]
    [InlineData("2026-04-31T10:30:00Z")]
    [InlineData("0000-01-01T00:00:00Z")]
    [InlineData("2026-01-15T24:00:00Z")]
    [InlineData("2026-01-15T10:60:00Z")]
    [InlineData("2026-12-31T23:59:60Z")] // a leap second, which .NET times cannot hold
    [InlineData("2026-01-15T10:30:61Z")]
    [InlineData("2026-01-15T10:30:00+14:01")]
    [InlineData("2026-01-15T10:30:00+24:00")]
    [InlineData("2026-01-15T10:30:00+00:60")]
    [InlineData("٢٠٢٦-01-15T10:30:00Z")]
    [InlineData("2026-01-15T10:30:00−01:00")]
    [InlineData("0001-01-01T00:00:00+14:00")]
    [InlineData("0001-01-01T00:00:00+00:01")]
    [InlineData("9999-12-31T23:59:59-14:00")]
    [InlineData("9999-12-31T23:59:59.999-00:01")]
    public void Other_texts_are_refused(string text) => Assert.False(Timestamp.TryParse(text, out _));

    [Fact]
    public void A_time_that_was_written_is_read_back() =>
        Gen.Long[0, DateTime.MaxValue.Ticks / TimeSpan.TicksPerMillisecond]
            .Sample(static milliseconds =>
            {
                var time = new DateTimeOffset(milliseconds * TimeSpan.TicksPerMillisecond, TimeSpan.Zero);
                return Timestamp.TryParse(Timestamp.ToText(time), out var read) && read == time;
            });

    [Fact]
    public void Parsing_never_throws() =>
        Gen.String[Gen.Char["0123456789-:TtZz+. "], 0, 35].Sample(static text => Timestamp.TryParse(text, out _) || true);

    [Fact]
    public void A_time_is_written_in_utc_with_milliseconds()
    {
        Assert.Equal("2026-01-15T10:30:00.000Z", Timestamp.ToText(new DateTimeOffset(2026, 1, 15, 11, 30, 0, TimeSpan.FromHours(1))));
        Assert.Equal("0001-01-01T00:00:00.000Z", Timestamp.ToText(DateTimeOffset.MinValue));
        Assert.Equal("9999-12-31T23:59:59.999Z", Timestamp.ToText(DateTimeOffset.MaxValue));
    }
}
