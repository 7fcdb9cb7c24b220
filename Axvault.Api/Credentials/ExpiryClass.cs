namespace Axvault.Api.Credentials;

/// <summary>How much time a credential has left: as its owner says, else as is known of its access token.</summary>
internal static class ExpiryClass
{
    public const string Expired = "expired";
    public const string WithinHour = "1h";
    public const string WithinDay = "1d";
    public const string WithinWeek = "7d";
    public const string Later = "later";
    public const string None = "none";

    /// <summary>Every class, from the most urgent: each holds what none before it does.</summary>
    public static readonly IReadOnlyList<string> All = [Expired, WithinHour, WithinDay, WithinWeek, Later, None];
}
