namespace Axvault.Api.Authorization;

/// <summary>The three lists of a key's access.</summary>
internal enum AccessKind
{
    /// <summary>Fetch credentials.</summary>
    Read,

    /// <summary>Put, refresh and delete credentials.</summary>
    Write,

    /// <summary>Make, see, change and delete keys.</summary>
    Grant,
}
