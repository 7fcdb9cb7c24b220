using System.Collections.Frozen;

namespace Axvault.Api.Stored;

/// <summary>The order of a list of credentials. Created only by parsing.</summary>
internal sealed record CredentialSort
{
    /// <summary>The order of the bytes of the names.</summary>
    public static readonly CredentialSort ByName = new(CredentialOrder.Name, isDescending: false);

    /// <summary>Every order, by its text.</summary>
    public static readonly FrozenDictionary<string, CredentialSort> ByText = Enum.GetValues<CredentialOrder>()
        .SelectMany(static by => new[] { new CredentialSort(by, isDescending: false), new CredentialSort(by, isDescending: true) })
        .ToFrozenDictionary(static sort => sort.ToString());

    /// <summary>Every text.</summary>
    public static readonly IReadOnlyList<string> Texts = [.. ByText.Keys.Order(StringComparer.Ordinal)];

    private CredentialSort(CredentialOrder by, bool isDescending) => (By, IsDescending) = (by, isDescending);

    /// <summary>The member that decides.</summary>
    public CredentialOrder By { get; }

    /// <summary><see langword="true"/> when the greatest value comes first; otherwise <see langword="false"/>.</summary>
    public bool IsDescending { get; }

    /// <inheritdoc />
    public override string ToString() => (IsDescending ? "-" : "") + By.ToString().ToLowerInvariant();
}

/// <summary>The members that lists of credentials are ordered by.</summary>
internal enum CredentialOrder
{
    /// <summary>The name, by its bytes.</summary>
    Name,

    /// <summary>The expiry of the access token.</summary>
    Expires,

    /// <summary>The time of the last put or refresh.</summary>
    Updated,

    /// <summary>The provider, by its bytes.</summary>
    Provider,

    /// <summary>The type.</summary>
    Type,

    /// <summary>The use that the provider permits, the freest first.</summary>
    Use,

    /// <summary>The status of the refresh, by its urgency: see <see cref="RefreshStatus.ByUrgency"/>.</summary>
    Status,
}
