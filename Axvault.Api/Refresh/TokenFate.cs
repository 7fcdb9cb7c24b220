namespace Axvault.Api.Refresh;

/// <summary>The place of new tokens after they were stored.</summary>
internal enum TokenFate
{
    /// <summary>The tokens are in the credential.</summary>
    Stored,

    /// <summary>The credential was put, restored or deleted meanwhile. The tokens are in the kept version.</summary>
    Kept,

    /// <summary>Newer tokens are stored, or the version is not kept.</summary>
    Dropped,
}
