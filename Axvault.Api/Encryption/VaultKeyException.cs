namespace Axvault.Api.Encryption;

/// <summary>The configured encryption keys do not open the vault. The message says what to do.</summary>
internal sealed class VaultKeyException(string message, Exception? inner = null) : Exception(message, inner);
