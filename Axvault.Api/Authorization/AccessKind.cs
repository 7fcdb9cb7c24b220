namespace Axvault.Api.Authorization;

/// <summary>The three lists of a key's access.</summary>
internal enum AccessKind
{
    /// <summary>To fetch credentials.</summary>
    Read,

    /// <summary>To put, refresh and delete credentials.</summary>
    Write,

    /// <summary>To make, see, change and delete keys.</summary>
    Grant,
}
