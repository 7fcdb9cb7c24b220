using System.Text;
using Axvault.Api.Settings;

namespace Axvault.Api.Encryption;

/// <summary>The settings of encryption.</summary>
internal sealed record EncryptionOptions
{
    public static readonly Setting KeySetting = new(
        "AXVAULT_ENCRYPTION_KEY",
        null,
        null,
        "Key that encrypts the credentials, at least 32 characters."
    );

    public static readonly Setting KeyFileSetting = new(
        "AXVAULT_ENCRYPTION_KEY_FILE",
        null,
        null,
        "File that holds the encryption key, instead of the variable."
    );

    public static readonly Setting PreviousKeysSetting = new(
        "AXVAULT_ENCRYPTION_KEY_PREVIOUS",
        null,
        null,
        "Older encryption keys, separated by commas. They still decrypt, and encrypt only while another server lacks the newer key."
    );

    private const string NotText = "expected a key that is text, in UTF-8, and not arbitrary bytes (make one with: openssl rand -base64 32)";

    /// <summary>The secret whose KEK encrypts as soon as every server has it.</summary>
    public required EncryptionSecret Key { get; init; }

    /// <summary>Older keys, which still decrypt, and encrypt only while another server lacks the newer one.</summary>
    public required IReadOnlyList<EncryptionSecret> PreviousKeys { get; init; }

    /// <summary>Reads the settings; <see langword="null"/> after a problem.</summary>
    public static EncryptionOptions? Read(SettingReader settings)
    {
        var key = ReadKey(settings);
        var previous = ReadPreviousKeys(settings);
        return key is null ? null : new EncryptionOptions { Key = key, PreviousKeys = [.. previous, .. ReadUncutKey(settings)] };
    }

    // Line breaks at the end of the variable once were a part of the key. What was encrypted with them stays readable.
    private static IEnumerable<EncryptionSecret> ReadUncutKey(SettingReader settings) =>
        settings.Value(KeySetting) is { Length: >= EncryptionSecret.MinLength } text && text != settings.Secret(KeySetting) ? [new EncryptionSecret(text)] : [];

    private static EncryptionSecret? ReadKey(SettingReader settings)
    {
        var text = settings.Secret(KeySetting);
        var path = settings.Value(KeyFileSetting);
        if (text is not null && path is not null)
        {
            settings.Problem($"{KeySetting} and {KeyFileSetting}", "set one of the two, not both");
            return null;
        }

        return path is null ? Check(settings, KeySetting, text) : Check(settings, KeyFileSetting, settings.SecretFile(KeyFileSetting.ToString(), path));
    }

    private static EncryptionSecret? Check(SettingReader settings, Setting setting, string? text)
    {
        if (text is { Length: >= EncryptionSecret.MinLength })
        {
            if (IsText(text))
            {
                return new EncryptionSecret(text);
            }

            settings.Problem(setting, NotText);
            return null;
        }

        if (text is not null || setting == KeySetting)
        {
            settings.Problem(setting, $"expected a key of at least {EncryptionSecret.MinLength} characters (make one with: openssl rand -base64 32)");
        }

        return null;
    }

    private static List<EncryptionSecret> ReadPreviousKeys(SettingReader settings)
    {
        var text = settings.Secret(PreviousKeysSetting) ?? "";
        var keys = text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

        // A key alone may have quotes of its own: before they were refused, they were a part of the key.
        if (keys.Length > 1 && SecretText.IsQuoted(text) && !SecretText.IsQuoted(keys[0]))
        {
            settings.Problem(PreviousKeysSetting, "the value stands in quotes: leave them out");
            return [];
        }

        if (keys.Any(static key => SecretText.Cut(key).Length < EncryptionSecret.MinLength))
        {
            settings.Problem(PreviousKeysSetting, $"expected keys of at least {EncryptionSecret.MinLength} characters, separated by commas");
            return [];
        }

        if (!keys.All(IsText))
        {
            settings.Problem(PreviousKeysSetting, NotText);
            return [];
        }

        return [.. keys.Select(static key => new EncryptionSecret(SecretText.Cut(key)))];
    }

    // The runtime replaces each invalid byte of a variable by U+FFFD: different keys would become the same key.
    private static bool IsText(string key) => !key.EnumerateRunes().Contains(Rune.ReplacementChar);
}
