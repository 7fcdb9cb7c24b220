using Axvault.Api.Database;
using Axvault.Api.Encryption;
using Axvault.Api.Settings;

namespace Axvault.Api.Startup;

/// <summary>Finds values that stand in quotes, which <c>docker run --env-file</c>, systemd and Kubernetes pass on as a part of the value.</summary>
internal static class QuotedSettings
{
    private static readonly string[] Prefixes = ["AXVAULT_", "OTEL_", "PG"];

    private static readonly string[] Others =
    [
        $"ConnectionStrings:{DatabaseOptions.ConnectionName}",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
    ];

    /// <summary>Adds a problem for each setting whose value stands in quotes.</summary>
    public static void Check(SettingReader settings)
    {
        var quoted = settings
            .Configuration.AsEnumerable()
            .Where(static pair => pair.Value is { } value && SecretText.IsQuoted(value) && IsSetting(pair.Key))
            .Select(static pair => pair.Key)
            .Order(StringComparer.Ordinal);
        foreach (var name in quoted)
        {
            var setting = AxvaultOptions.AllSettings.FirstOrDefault(setting => setting.Variable.Equals(name, StringComparison.OrdinalIgnoreCase));
            settings.Problem(setting?.ToString() ?? name.Replace(":", "__", StringComparison.Ordinal), Words(setting));
        }
    }

    private static string Words(Setting? setting) =>
        setting == EncryptionOptions.KeySetting
            ? "the value stands in quotes, which would be a part of the key: leave them out. "
                + $"Where a vault was made with them, give the key with its quotes in {EncryptionOptions.PreviousKeysSetting}"
            : "the value stands in quotes: leave them out";

    private static bool IsSetting(string name) =>
        !name.Equals(EncryptionOptions.PreviousKeysSetting.Variable, StringComparison.OrdinalIgnoreCase)
        && (Others.Contains(name, StringComparer.OrdinalIgnoreCase) || Prefixes.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)));
}
