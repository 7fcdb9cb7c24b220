namespace Axvault.Api.Authorization;

/// <summary>The lists of a key's access.</summary>
internal enum AccessKind
{
    /// <summary>Fetch credentials.</summary>
    Read,

    /// <summary>Put, refresh and delete credentials.</summary>
    Write,

    /// <summary>Make calls to providers with credentials, without seeing them.</summary>
    Use,

    /// <summary>Make, see, change and delete keys.</summary>
    Grant,
}
