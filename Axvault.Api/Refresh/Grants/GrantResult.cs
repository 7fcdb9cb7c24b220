using System.Diagnostics.CodeAnalysis;
using Axvault.Api.Refresh.Shapes;

namespace Axvault.Api.Refresh.Grants;

/// <summary>The result of one use of a refresh token.</summary>
internal sealed class GrantResult
{
    private GrantResult(FailureClass? failure, string? error, IssuedTokens? issued, TimeSpan? retryAfter) =>
        (Failure, Error, Issued, RetryAfter) = (failure, error, issued, retryAfter);

    /// <summary>The issued tokens.</summary>
    public IssuedTokens? Issued { get; }

    /// <summary>The class of the failure; <see langword="null"/> for a success.</summary>
    public FailureClass? Failure { get; }

    /// <summary>The error, one of the codes in <see cref="RefreshError"/>.</summary>
    public string? Error { get; }

    /// <summary>The pause that the provider asked for.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary><see langword="true"/> when tokens were issued; otherwise <see langword="false"/>.</summary>
    [MemberNotNullWhen(true, nameof(Issued))]
    [MemberNotNullWhen(false, nameof(Failure), nameof(Error))]
    public bool IsGranted => Issued is not null;

    /// <summary>Returns the result of a success.</summary>
    public static GrantResult Granted(IssuedTokens issued) => new(null, null, issued, null);

    /// <summary>Returns the result of a failure.</summary>
    public static GrantResult Failed(FailureClass failure, string error, TimeSpan? retryAfter = null) => new(failure, error, null, retryAfter);

    /// <inheritdoc />
    public override string ToString() => Error ?? "granted";
}
