namespace Axvault.Api.Encryption;

/// <summary>The result of comparing a row with its seal.</summary>
internal enum RowFit
{
    /// <summary>A server of this vault wrote the row as it is.</summary>
    Fits,

    /// <summary>The row's KEK is not configured: the server is older than a rotation, or lacks a previous key.</summary>
    UnknownKek,

    /// <summary>The row was changed, moved, or written by something else than a server.</summary>
    DoesNotFit,
}
