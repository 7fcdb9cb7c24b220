using Axvault.Api.Federation;
using Axvault.Api.Settings;
using Axvault.Api.WebConsole.Oidc;

namespace Axvault.Api.WebConsole;

/// <summary>The settings of the console.</summary>
/// <param name="IsOn"><see langword="true"/> when the console is served; otherwise <see langword="false"/>.</param>
/// <param name="Oidc">The OpenID provider that people sign in at; <see langword="null"/> for none.</param>
internal sealed record ConsoleOptions(bool IsOn, OidcOptions? Oidc)
{
    public static readonly Setting ConsoleSetting = new("AXVAULT_CONSOLE", "--console", "on", "Console for operators at /console: on or off.");

    /// <summary>Reads the settings.</summary>
    public static ConsoleOptions Read(SettingReader settings, FederationOptions federation) =>
        new(settings.Switch(ConsoleSetting), OidcOptions.Read(settings, federation));
}
