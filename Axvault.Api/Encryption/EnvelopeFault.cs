namespace Axvault.Api.Encryption;

/// <summary>Why an envelope did not open.</summary>
internal enum EnvelopeFault
{
    /// <summary>The bytes are too few, or of a version that this server does not know.</summary>
    UnknownFormat,

    /// <summary>The key it was sealed under is not configured: the server is older than a rotation, or misses a previous key.</summary>
    UnknownKey,

    /// <summary>The bytes, the row or the name differ from what was sealed.</summary>
    NotAuthentic,
}
