using Axvault.Api.Refresh.Providers;
using Axvault.Api.Settings;
using Microsoft.Extensions.Configuration;

namespace Axvault.Tests.Refresh.Providers;

/// <summary>Reads settings of providers that are given as variables.</summary>
internal static class ProviderSettingsRead
{
    /// <summary>A value that is part of no message.</summary>
    public const string Wrong = "Wr0ngX";

    /// <summary>Returns the providers of valid settings.</summary>
    public static IReadOnlyList<OAuthProvider> Read(params (string Name, string Value)[] settings)
    {
        var reader = new SettingReader(ConfigurationOf(settings));
        var providers = ProviderSettings.Read(reader);
        Assert.Empty(reader.Problems);
        return providers;
    }

    /// <summary>Returns the errors of invalid settings.</summary>
    public static List<string> Refused(params (string Name, string Value)[] settings)
    {
        var reader = new SettingReader(ConfigurationOf(settings));
        ProviderSettings.Read(reader);
        return [.. reader.Problems];
    }

    public static IConfiguration ConfigurationOf(params (string Name, string Value)[] settings) =>
        new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(static setting => new KeyValuePair<string, string?>(setting.Name, setting.Value)))
            .Build();
}
