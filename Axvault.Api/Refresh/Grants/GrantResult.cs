using System.Diagnostics.CodeAnalysis;
using Axvault.Api.Refresh.Shapes;

namespace Axvault.Api.Refresh.Grants;

/// <summary>What came of one use of a refresh token.</summary>
internal sealed class GrantResult
{
    private GrantResult(FailureClass? failure, string? error, IssuedTokens? issued, TimeSpan? retryAfter) =>
        (Failure, Error, Issued, RetryAfter) = (failure, error, issued, retryAfter);

    /// <summary>What was issued.</summary>
    public IssuedTokens? Issued { get; }

    /// <summary>How bad the failure is; <see langword="null"/> for a success.</summary>
    public FailureClass? Failure { get; }

    /// <summary>What failed: one of <see cref="RefreshError"/>.</summary>
    public string? Error { get; }

    /// <summary>How long the provider asked to be left alone.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>Whether tokens were issued.</summary>
    [MemberNotNullWhen(true, nameof(Issued))]
    [MemberNotNullWhen(false, nameof(Failure), nameof(Error))]
    public bool IsGranted => Issued is not null;

    /// <summary>Tokens were issued.</summary>
    public static GrantResult Granted(IssuedTokens issued) => new(null, null, issued, null);

    /// <summary>Nothing was issued, as far as is known.</summary>
    public static GrantResult Failed(FailureClass failure, string error, TimeSpan? retryAfter = null) => new(failure, error, null, retryAfter);

    /// <inheritdoc />
    public override string ToString() => Error ?? "granted";
}
