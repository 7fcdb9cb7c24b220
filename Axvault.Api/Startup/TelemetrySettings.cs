using System.Globalization;
using Axvault.Api.Settings;
using Axvault.ServiceDefaults;

namespace Axvault.Api.Startup;

/// <summary>Checks the standard variables of OpenTelemetry and of proxies, which libraries refuse at the first use, or ignore without a word.</summary>
internal static class TelemetrySettings
{
    private const string Otlp = "OTEL_EXPORTER_OTLP_";

    private static readonly string[] Signals = ["", "TRACES_", "METRICS_", "LOGS_"];
    private static readonly string[] ProxySchemes = ["http", "https", "socks4", "socks4a", "socks5"];

    /// <summary>Adds a problem for each variable that is wrong.</summary>
    public static void Check(SettingReader settings)
    {
        CheckProxies(settings);
        if (!ServiceDefaults.Telemetry.IsExported(settings.Configuration))
        {
            return;
        }

        var problems = settings.Problems.Count;
        foreach (var prefix in Signals.Select(static signal => Otlp + signal))
        {
            Expect(settings, $"{prefix}ENDPOINT", IsEndpoint, "expected an http or https URL, without user and password");
            Expect(settings, $"{prefix}PROTOCOL", static text => text is "grpc" or "http/protobuf", "expected grpc or http/protobuf");
            Expect(settings, $"{prefix}TIMEOUT", IsPositive, "expected a time in milliseconds, a whole number above 0");
            Expect(settings, $"{prefix}HEADERS", AreHeaders, "expected name=value, or several separated by commas, without line breaks");
        }

        if (settings.Problems.Count == problems)
        {
            foreach (var name in ExporterTrial.FindRefused(settings.Configuration))
            {
                settings.Problem(name, "the OpenTelemetry exporter refuses its value");
            }
        }
    }

    // The runtime reads these names in capitals and in small letters, and drops a value that it cannot read.
    private static void CheckProxies(SettingReader settings)
    {
        foreach (var name in (string[])["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"])
        {
            Expect(settings, name, IsProxy, "expected the URL of a proxy: http, https or socks5, with a host and a port");
        }
    }

    private static void Expect(SettingReader settings, string name, Func<string, bool> isValid, string expectation)
    {
        if (settings.Configuration[name] is { Length: > 0 } text && !isValid(text))
        {
            settings.Problem(name, expectation);
        }
    }

    private static bool IsEndpoint(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url is { UserInfo: "", Host.Length: > 0, Scheme: "http" or "https" };

    private static bool IsPositive(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0;

    private static bool AreHeaders(string text) =>
        !text.AsSpan().ContainsAny('\r', '\n', '\0')
        && text.Split(',', StringSplitOptions.RemoveEmptyEntries).All(static pair => pair.Trim().IndexOf('=', StringComparison.Ordinal) > 0);

    private static bool IsProxy(string text) =>
        Uri.TryCreate(text.Contains("://", StringComparison.Ordinal) ? text : $"http://{text}", UriKind.Absolute, out var url)
        && url.Host.Length > 0
        && ProxySchemes.Contains(url.Scheme);
}
