using Axvault.Api.Authorization;

namespace Axvault.Api.Credentials;

/// <summary>The requested part of the list.</summary>
/// <param name="IsDeleted"><see langword="true"/> for deleted credentials; otherwise <see langword="false"/>.</param>
/// <param name="Limit">The greatest number of credentials; <see langword="null"/> for all of them.</param>
/// <param name="After">The last name that the client has seen.</param>
internal sealed record ListPage(bool IsDeleted, int? Limit, CredentialName? After)
{
    /// <summary>The greatest page. A greater limit counts as this.</summary>
    public const int MaxLimit = 1000;
}
