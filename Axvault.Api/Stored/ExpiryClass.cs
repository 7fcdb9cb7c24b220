namespace Axvault.Api.Stored;

/// <summary>The remaining time of a credential: as its owner says, else as its access token says.</summary>
internal static class ExpiryClass
{
    public const string Expired = "expired";
    public const string WithinHour = "1h";
    public const string WithinDay = "1d";
    public const string WithinWeek = "7d";
    public const string Later = "later";
    public const string None = "none";

    /// <summary>Every class, the most urgent first. A credential belongs to the first class that fits.</summary>
    public static readonly IReadOnlyList<string> All = [Expired, WithinHour, WithinDay, WithinWeek, Later, None];
}
