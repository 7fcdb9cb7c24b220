using System.Text;
using System.Text.Json;
using Axvault.Api.Authorization;
using Axvault.Api.Encryption;

namespace Axvault.Api.Credentials.Login;

/// <summary>Seals logins for the client that carries them, for one key and one credential.</summary>
internal sealed class LoginSeal(TextSeal seal)
{
    /// <summary>Returns the text for the client.</summary>
    public string Seal(BegunLogin login, KeyId key, CredentialName name) =>
        seal.Seal(SealPurpose.Login, Bound(key, name), JsonSerializer.SerializeToUtf8Bytes(login, CredentialLoginJsonContext.Default.BegunLogin));

    /// <summary>Returns the login; <see langword="null"/> when the key did not begin it for the credential.</summary>
    public BegunLogin? Open(string text, KeyId key, CredentialName name) =>
        seal.Open(SealPurpose.Login, Bound(key, name), text) is { } plain
            ? JsonSerializer.Deserialize(plain, CredentialLoginJsonContext.Default.BegunLogin)
            : null;

    private static byte[] Bound(KeyId key, CredentialName name) => Encoding.UTF8.GetBytes($"{key}\0{name}");
}
