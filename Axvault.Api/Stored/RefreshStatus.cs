using System.Collections.Frozen;

namespace Axvault.Api.Stored;

/// <summary>The outcome of the last refresh of a credential's present version, in the words of the API. Created only by parsing.</summary>
internal sealed record RefreshStatus
{
    /// <summary>The last refresh succeeded.</summary>
    public static readonly RefreshStatus Ok = new("ok");

    /// <summary>The last refresh failed temporarily and will be retried.</summary>
    public static readonly RefreshStatus Retrying = new("retrying");

    /// <summary>
    /// The refresh token was sent, and no readable answer came: the provider may have spent it. It is not sent again while the access token is valid. After
    /// that, one last attempt is made.
    /// </summary>
    public static readonly RefreshStatus Unknown = new("unknown");

    /// <summary>The provider refused the refresh token for good. The credential must be put again.</summary>
    public static readonly RefreshStatus Failed = new("failed");

    /// <summary>The provider cannot be asked: it is not known, or its settings are incomplete. Never stored: each server has its own settings.</summary>
    public static readonly RefreshStatus NotConfigured = new("not_configured");

    /// <summary>
    /// The provider refused the client, or agent, provider and data contradict each other. It is stored as <see cref="Failed"/>, which older servers know.
    /// </summary>
    public static readonly RefreshStatus Misconfigured = new("misconfigured");

    /// <summary>Every status.</summary>
    public static readonly IReadOnlyList<RefreshStatus> All = [Ok, Retrying, Unknown, Failed, NotConfigured, Misconfigured];

    /// <summary>The statuses that a store tells apart, the most urgent first.</summary>
    public static readonly IReadOnlyList<RefreshStatus> ByUrgency = [Failed, Misconfigured, Unknown, Retrying, Ok];

    /// <summary>The statuses of which people may want to know.</summary>
    public static readonly IReadOnlyList<RefreshStatus> NeedingAttention = [Failed, Misconfigured, Unknown, Retrying];

    /// <summary>The word for credentials that were never refreshed.</summary>
    public const string None = "none";

    /// <summary>The errors of a provider that refuses the client, and not the token.</summary>
    public static readonly FrozenSet<string> ErrorsOfOperator = new[]
    {
        "invalid_client",
        "unauthorized_client",
        "deleted_client",
        "disabled_client",
    }.ToFrozenSet();

    private static readonly FrozenDictionary<string, RefreshStatus> ByName = All.ToFrozenDictionary(static status => status.Value);

    private RefreshStatus(string value) => Value = value;

    /// <summary>The status as text.</summary>
    public string Value { get; }

    /// <summary>
    /// Returns <see langword="true"/> when <paramref name="error"/> refuses the settings of the provider, and not the token; otherwise <see langword="false"/>.
    /// </summary>
    public static bool IsOfOperator(string? error) => error is not null && ErrorsOfOperator.Contains(error);

    /// <summary>Makes a status of what a store holds.</summary>
    /// <exception cref="FormatException">The text is not a refresh status.</exception>
    public static RefreshStatus FromStored(string text, string? error = null) =>
        text == Failed.Value && IsOfOperator(error)
            ? Misconfigured
            : ByName.GetValueOrDefault(text) ?? throw new FormatException("A stored refresh status is unknown.");

    /// <inheritdoc />
    public override string ToString() => Value;
}
