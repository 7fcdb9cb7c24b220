namespace Axvault.Api.Refresh;

/// <summary>What became of new tokens.</summary>
internal enum TokenFate
{
    /// <summary>They are in the credential.</summary>
    Stored,

    /// <summary>The credential was put, restored or deleted meanwhile: they are in the state that is kept of it.</summary>
    Kept,

    /// <summary>There are newer tokens, or nothing is kept of what they belong to.</summary>
    Dropped,
}
