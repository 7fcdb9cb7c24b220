using Axvault.Api.Keys;
using Axvault.Api.Settings;

namespace Axvault.Api.Startup;

/// <summary>The settings of the first API key.</summary>
internal sealed record BootstrapOptions
{
    public static readonly Setting SecretFileSetting = new(
        "AXVAULT_BOOTSTRAP_SECRET_FILE",
        null,
        null,
        "File that holds the secret of the first API key, made with axvault key-secret. Ignored once there is a key."
    );

    /// <summary>The secret of the first API key. <c>null</c> lets the server make one and show it on standard error.</summary>
    public required ApiKeySecret? Secret { get; init; }

    /// <summary>Reads the setting.</summary>
    public static BootstrapOptions Read(SettingReader settings) =>
        new() { Secret = settings.Value(SecretFileSetting) is { } path ? ReadSecret(settings, path) : null };

    private static ApiKeySecret? ReadSecret(SettingReader settings, string path)
    {
        var text = settings.SecretFile(SecretFileSetting.ToString(), path);
        if (text is not null && !ApiKeySecret.TryParse(text, out _))
        {
            settings.Problem(SecretFileSetting, "expected a file that holds the secret of an API key, axv_sk_… (make one with: axvault key-secret)");
        }

        return ApiKeySecret.TryParse(text, out var secret) ? secret : null;
    }
}
