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

    /// <summary>Every status.</summary>
    public static readonly IReadOnlyList<RefreshStatus> All = [Ok, Retrying, Unknown, Failed];

    private static readonly FrozenDictionary<string, RefreshStatus> ByName = All.ToFrozenDictionary(static status => status.Value);

    private RefreshStatus(string value) => Value = value;

    /// <summary>The status as text.</summary>
    public string Value { get; }

    /// <summary>Makes a status of what a store holds.</summary>
    /// <exception cref="FormatException">The text is not a refresh status.</exception>
    public static RefreshStatus FromStored(string text) => ByName.GetValueOrDefault(text) ?? throw new FormatException("A stored refresh status is unknown.");

    /// <inheritdoc />
    public override string ToString() => Value;
}
