using System.Diagnostics.CodeAnalysis;

namespace Axvault.Api.Credentials;

/// <summary>What came of a put: it was made, or nothing was written.</summary>
internal sealed record PutOutcome
{
    /// <summary>Somebody holds the credential for a moment.</summary>
    public static readonly PutOutcome Busy = new();

    private PutOutcome()
    {
    }

    /// <summary>When the credential was first, and is now last, written; <see langword="null"/> when nothing was written.</summary>
    public PutTimes? Times { get; private init; }

    /// <summary>Whether it was made.</summary>
    [MemberNotNullWhen(true, nameof(Times))]
    public bool IsMade => Times is not null;

    /// <summary>Whether the name's row is not the one that the data was sealed for, or not one that may be overwritten.</summary>
    public bool IsMoved { get; private init; }

    /// <summary>Where it has moved: the row that the name belongs to; <see langword="null"/> when there is none.</summary>
    public CredentialRow? Row { get; private init; }

    /// <summary>It was made.</summary>
    public static PutOutcome Made(PutTimes times) => new() { Times = times };

    /// <summary>The name belongs to <paramref name="row"/>.</summary>
    public static PutOutcome Moved(CredentialRow? row) => new() { IsMoved = true, Row = row };
}

/// <summary>When a credential that was put was first, and is now last, written; and what it counts, when that is known: its answer may have been lost.</summary>
internal sealed record PutTimes(DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, long? Version = null);
