using Axvault.Api.Stored;

namespace Axvault.Api.Credentials.Login;

/// <summary>The result of a call that begins or finishes a login: one of its members.</summary>
internal sealed record LoginResult
{
    /// <summary>The credential is gone.</summary>
    public static readonly LoginResult Gone = new();

    /// <summary>The login that has begun.</summary>
    public LoginResponse? Begun { get; init; }

    /// <summary>The stored version with the new tokens.</summary>
    public PutVersion? Stored { get; init; }

    /// <summary>The time until the next call, in seconds, while the person has not confirmed yet.</summary>
    public int? Interval { get; init; }

    /// <summary>The wrong field and its rule.</summary>
    public (string Field, string Rule)? Invalid { get; init; }

    /// <summary>The reason for which the credential has no login through the vault.</summary>
    public string? Obstacle { get; init; }

    /// <summary>The provider's refusal, one of the codes in <see cref="Refresh.Grants.RefreshError"/>.</summary>
    public string? Error { get; init; }
}
