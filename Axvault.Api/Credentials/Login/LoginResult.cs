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

    /// <summary>With <see cref="Interval"/>: the login for the next call.</summary>
    public string? Login { get; init; }

    /// <summary>The wrong field and its rule.</summary>
    public (string Field, string Rule)? Invalid { get; init; }

    /// <summary>The reason for which the credential has no login through the vault.</summary>
    public string? Obstacle { get; init; }

    /// <summary><see langword="true"/> when the key may no longer write the credential; otherwise <see langword="false"/>.</summary>
    public bool IsForbidden { get; init; }

    /// <summary>The provider's refusal, one of the codes in <see cref="Refresh.Grants.RefreshError"/>.</summary>
    public string? Error { get; init; }

    /// <summary>More than <see cref="Error"/>, for the audit log; <see langword="null"/> for none.</summary>
    public string? Reason { get; init; }
}
