using Axvault.Api.Authorization;
using Axvault.Api.Stored;

namespace Axvault.Api.Credentials;

/// <summary>The requested part of the list.</summary>
/// <param name="IsDeleted"><see langword="true"/> for deleted credentials; otherwise <see langword="false"/>.</param>
/// <param name="Filter">The credentials to list.</param>
/// <param name="Sort">The order.</param>
/// <param name="Limit">The greatest number of credentials; <see langword="null"/> for all of them.</param>
/// <param name="After">The last name that the client has seen.</param>
internal sealed record ListPage(bool IsDeleted, CredentialFilter Filter, CredentialSort Sort, int? Limit, CredentialName? After)
{
    /// <summary>The greatest page. A greater limit counts as this.</summary>
    public const int MaxLimit = 1000;
}

/// <summary>A part of a list, as it was read.</summary>
/// <param name="Credentials">The credentials.</param>
/// <param name="Last">The place of the last one; <see langword="null"/> when there is none.</param>
internal sealed record ListPart(List<CredentialResponse> Credentials, ListPlace? Last);
