namespace Axvault.Api.Encryption;

/// <summary>The reason that an envelope did not open.</summary>
internal enum EnvelopeFault
{
    /// <summary>The envelope is too short, or has an unknown version.</summary>
    UnknownFormat,

    /// <summary>The KEK is not configured: the server is older than a rotation, or lacks a previous key.</summary>
    UnknownKek,

    /// <summary>The bytes, the row or the name differ from what was sealed.</summary>
    NotAuthentic,
}
