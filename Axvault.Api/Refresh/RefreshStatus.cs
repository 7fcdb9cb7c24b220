using System.Collections.Frozen;

namespace Axvault.Api.Refresh;

/// <summary>What came of the last refreshes of a credential's present version, in the words of the API. Made only by parsing.</summary>
internal sealed record RefreshStatus
{
    /// <summary>The last refresh succeeded.</summary>
    public static readonly RefreshStatus Ok = new("ok");

    /// <summary>The last refresh failed in a way that may pass: it is tried again later.</summary>
    public static readonly RefreshStatus Retrying = new("retrying");

    /// <summary>
    /// Nobody knows whether the provider took the refresh token: it was sent, and no answer was understood. It is not sent again while the
    /// access token is valid; once that has expired, one last attempt is made.
    /// </summary>
    public static readonly RefreshStatus Unknown = new("unknown");

    /// <summary>The refresh token is dead: the credential must be put again.</summary>
    public static readonly RefreshStatus Failed = new("failed");

    /// <summary>Every status.</summary>
    public static readonly IReadOnlyList<RefreshStatus> All = [Ok, Retrying, Unknown, Failed];

    private static readonly FrozenDictionary<string, RefreshStatus> ByName =
        All.ToFrozenDictionary(static status => status.Value);

    private RefreshStatus(string value) => Value = value;

    /// <summary>The status as text.</summary>
    public string Value { get; }

    /// <summary>Makes a status of what a store holds.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static RefreshStatus FromStored(string text) => ByName.GetValueOrDefault(text) ?? throw new FormatException("A stored refresh status is not known.");

    /// <inheritdoc />
    public override string ToString() => Value;
}
