using System.Diagnostics.CodeAnalysis;
using Axvault.Api.Refresh.Shapes;

namespace Axvault.Api.Refresh.Grants;

/// <summary>The result of one use of a refresh token.</summary>
internal sealed class GrantResult
{
    private GrantResult(IssuedTokens issued) => Issued = issued;

    /// <summary>Makes the result of a failure.</summary>
    public GrantResult(FailureClass failure, string error) => (Failure, Error) = (failure, error);

    /// <summary>The issued tokens.</summary>
    public IssuedTokens? Issued { get; }

    /// <summary>The class of the failure; <see langword="null"/> for a success.</summary>
    public FailureClass? Failure { get; }

    /// <summary>The error, one of the codes in <see cref="RefreshError"/>.</summary>
    public string? Error { get; }

    /// <summary>The pause that the provider asked for.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>More about the failure, for the log: a status and a content type, or the cause of a broken connection. Never the provider's words.</summary>
    public string? Detail { get; init; }

    /// <summary>The error and its detail, for the log; <see langword="null"/> for a success.</summary>
    public string? Reason => Detail is null ? Error : $"{Error}: {Detail}";

    /// <summary>
    /// <see langword="true"/> when the provider decided nothing; otherwise <see langword="false"/>. It was not reached or is overloaded, or its answer was
    /// lost.
    /// </summary>
    public bool IsUndecided { get; init; }

    /// <summary>The answer of success that could not be read.</summary>
    public UnreadAnswer? Unread { get; init; }

    /// <summary><see langword="true"/> when tokens were issued; otherwise <see langword="false"/>.</summary>
    [MemberNotNullWhen(true, nameof(Issued))]
    [MemberNotNullWhen(false, nameof(Failure), nameof(Error))]
    public bool IsGranted => Issued is not null;

    /// <summary>Returns the result of a success.</summary>
    /// <param name="issued">The tokens.</param>
    /// <param name="unread">The answer, when only a part of it could be read.</param>
    public static GrantResult Granted(IssuedTokens issued, UnreadAnswer? unread = null) => new(issued) { Unread = unread };

    /// <inheritdoc />
    public override string ToString() => Error ?? "granted";
}
