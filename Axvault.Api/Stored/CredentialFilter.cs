using System.Collections.Frozen;
using Axvault.Api.Authorization;
using Axvault.Client;

namespace Axvault.Api.Stored;

/// <summary>The credentials that a list has. A member that is <see langword="null"/> admits all.</summary>
internal sealed record CredentialFilter
{
    /// <summary>The greatest length of <see cref="Text"/>, in characters.</summary>
    public const int MaxTextLength = 128;

    /// <summary>The words for statuses, and the stored statuses that each admits.</summary>
    public static readonly FrozenDictionary<string, string[]> StatusWords = RefreshStatus
        .ByUrgency.Select(static status => status.Value)
        .Append(RefreshStatus.None)
        .Select(static word => KeyValuePair.Create(word, new[] { word }))
        .Append(KeyValuePair.Create("attention", RefreshStatus.NeedingAttention.Select(static status => status.Value).ToArray()))
        .ToFrozenDictionary();

    /// <summary>Every word for statuses.</summary>
    public static readonly IReadOnlyList<string> Words = [.. StatusWords.Keys.Order(StringComparer.Ordinal)];

    /// <summary>The name of the only credential.</summary>
    public CredentialName? Name { get; init; }

    /// <summary>A text that the name, the name for people, the agent or the provider contains, in any letter case.</summary>
    public string? Text { get; init; }

    /// <summary>The type.</summary>
    public CredentialType? Type { get; init; }

    /// <summary>The provider.</summary>
    public string? Provider { get; init; }

    /// <summary>The use that the provider permits: the name of a <see cref="PermittedUse"/>.</summary>
    public string? Use { get; init; }

    /// <summary>The statuses, as stored: one of the values of <see cref="StatusWords"/>.</summary>
    public string[]? Statuses { get; init; }
}
