using Axvault.Api.Settings;

namespace Axvault.Api.WebConsole;

/// <summary>The setting of the console.</summary>
/// <param name="IsOn"><see langword="true"/> when the console is served; otherwise <see langword="false"/>.</param>
internal sealed record ConsoleOptions(bool IsOn)
{
    public static readonly Setting ConsoleSetting = new("AXVAULT_CONSOLE", "--console", "on", "Console for operators at /console: on or off.");

    /// <summary>Reads the setting.</summary>
    public static ConsoleOptions Read(SettingReader settings) => new(settings.Switch(ConsoleSetting));
}
