using System.Globalization;
using System.Text.RegularExpressions;
using Axvault.Api.Chain;
using Axvault.Api.Http;

namespace Axvault.Tests.Audit;

/// <summary>The words in which an entry tells the state of a row are the last ones of its reason, and are read again.</summary>
public sealed class RowStateTests
{
    private static readonly Guid Version = new("0197f3a0-0000-7000-8000-00000000000f");

    public static TheoryData<string> Reasons => ["", "by force", "from the spool", "done at 1, recorded late: x", $"version {Guid.Empty} revision 9", Long];

    private static string Long => new('x', AuditEntry.MaxTextLength);

    [Theory]
    [MemberData(nameof(Reasons))]
    public void The_revision_of_a_version_is_read_as_it_was_stated(string reason)
    {
        foreach (var revision in (long[])[1, 2, 10, 999_999_999_999_999_999])
        {
            var stated = Entry(reason).Stating(Version, revision).Reason!;

            var words = Regex.Match(stated, RowState.VersionPattern);
            Assert.Equal((Version.ToString(), revision), (words.Groups[1].Value, long.Parse(words.Groups[2].Value, CultureInfo.InvariantCulture)));
            IsWithin(stated, reason);
        }
    }

    [Theory]
    [MemberData(nameof(Reasons))]
    public void The_time_of_a_change_is_read_as_it_was_stated(string reason)
    {
        var time = new DateTimeOffset(2026, 11, 29, 10, 30, 0, 123, TimeSpan.Zero);

        var stated = Entry(reason).Stating(time).Reason!;

        Assert.True(Timestamp.TryParse(Regex.Match(stated, RowState.TimePattern).Groups[1].Value, out var read));
        Assert.Equal(time, read);
        IsWithin(stated, reason);
    }

    [Fact]
    public void A_version_that_ends_the_reason_is_not_named_twice()
    {
        Assert.Equal($"version {Version} revision 3", Entry($"version {Version}").Stating(Version, 3).Reason);
        Assert.Equal($"lab: they are in version {Version} revision 3", Entry($"lab: they are in version {Version}").Stating(Version, 3).Reason);
        Assert.Equal($"lab; version {Version} revision 3", Entry("lab").Stating(Version, 3).Reason);
        Assert.Equal("state of 2026-11-29T00:00:00.000Z", Entry(null).Stating(new DateTimeOffset(2026, 11, 29, 0, 0, 0, TimeSpan.Zero)).Reason);
    }

    private static void IsWithin(string stated, string reason)
    {
        Assert.InRange(stated.Length, 1, AuditEntry.MaxTextLength);
        Assert.StartsWith(reason == Long ? "xxx" : reason, stated, StringComparison.Ordinal);
    }

    private static AuditEntry Entry(string? reason) => AuditLab.Entry("") with { Reason = reason == "" ? null : reason };
}
