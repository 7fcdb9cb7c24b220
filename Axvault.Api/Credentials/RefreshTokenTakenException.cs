using Axvault.Api.Authorization;

namespace Axvault.Api.Credentials;

/// <summary>A version was not stored, because its refresh token is spent, or held by another credential.</summary>
/// <param name="holder">The credential that holds the token; <see langword="null"/> when the token is spent.</param>
internal sealed class RefreshTokenTakenException(CredentialName? holder) : Exception("The refresh token is spent, or held by another credential.")
{
    /// <summary>The credential that holds the token; <see langword="null"/> when the token is spent.</summary>
    public CredentialName? Holder => holder;
}
