namespace Axvault.AppHost;

/// <summary>The vault's encryption key.</summary>
internal static class EncryptionKey
{
    // 48 letters and digits: 285 random bits.
    private const int Length = 48;

    /// <summary>Adds the key as a secret parameter.</summary>
    /// <remarks>
    /// In development the key is made once and kept in the user's secrets, so that data survives restarts.
    /// A published graph has no default, so the operator must give the key.
    /// </remarks>
    public static IResourceBuilder<ParameterResource> AddEncryptionKey(this IDistributedApplicationBuilder builder) =>
        builder.ExecutionContext.IsPublishMode
            ? builder.AddParameter("encryption-key", secret: true)
            : builder.AddParameter("encryption-key", new GenerateParameterDefault { MinLength = Length, Special = false }, secret: true, persist: true);
}
