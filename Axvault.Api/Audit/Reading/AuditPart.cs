using System.Collections.Frozen;

namespace Axvault.Api.Audit.Reading;

/// <summary>The length of the parts of time by which entries are counted. Parts begin on whole hours or days of UTC.</summary>
internal sealed record AuditPart
{
    /// <summary>An hour.</summary>
    public static readonly AuditPart Hour = new("hour", TimeSpan.FromHours(1), TimeSpan.FromHours(24));

    /// <summary>A day.</summary>
    public static readonly AuditPart Day = new("day", TimeSpan.FromDays(1), TimeSpan.FromDays(30));

    /// <summary>Every length, by its name.</summary>
    public static readonly FrozenDictionary<string, AuditPart> All = new[] { Hour, Day }.ToFrozenDictionary(static part => part.Name);

    /// <summary>Every name.</summary>
    public static readonly IReadOnlyList<string> Names = [Hour.Name, Day.Name];

    private readonly TimeSpan _range;

    private AuditPart(string name, TimeSpan length, TimeSpan range) => (Name, Length, _range) = (name, length, range);

    /// <summary>The name in the API, and in PostgreSQL.</summary>
    public string Name { get; }

    /// <summary>The length.</summary>
    public TimeSpan Length { get; }

    /// <summary>Returns the start of the default range that ends at <paramref name="until"/>.</summary>
    public DateTimeOffset Before(DateTimeOffset until) => until - DateTimeOffset.MinValue > _range ? until - _range : DateTimeOffset.MinValue;

    /// <summary>Returns the start of the part that <paramref name="time"/> is in.</summary>
    public DateTimeOffset StartOf(DateTimeOffset time) => new(time.UtcTicks - time.UtcTicks % Length.Ticks, TimeSpan.Zero);
}
