using System.Net;
using Axvault.Api.Authorization;
using Axvault.Api.Settings;
using Axvault.Api.Tls;

namespace Axvault.Api.Pipeline;

/// <summary>The settings of the listener.</summary>
internal sealed record ListenerOptions
{
    public static readonly Setting PortSetting = new("AXVAULT_PORT", "--port", "3847", "Port to listen on.");

    public static readonly Setting HostSetting = new("AXVAULT_HOST", "--host", "127.0.0.1", "Address to listen on: an IP address or localhost.");

    public static readonly Setting TrustedProxiesSetting = new(
        "AXVAULT_TRUSTED_PROXIES",
        "--trusted-proxies",
        null,
        "Addresses or networks (CIDR) of proxies whose X-Forwarded-For is believed, separated by commas."
    );

    public static readonly Setting TrustedTracesSetting = new(
        "AXVAULT_TRUSTED_TRACES",
        "--trusted-traces",
        "off",
        "Traces of clients behind trusted proxies: on makes a request a part of the client's trace, off only links to it."
    );

    public static readonly Setting MetricsPortSetting = new(
        "AXVAULT_METRICS_PORT",
        "--metrics-port",
        "0",
        "Port that serves metrics to Prometheus. 0 disables it."
    );

    public static readonly Setting MetricsHostSetting = new(
        "AXVAULT_METRICS_HOST",
        "--metrics-host",
        "127.0.0.1",
        "Address that serves metrics: an IP address or localhost."
    );

    public static readonly Setting ShutdownDelaySetting = new(
        "AXVAULT_SHUTDOWN_DELAY",
        "--shutdown-delay",
        "0",
        "Time that a server still serves after it is told to stop, while /health answers 503, in seconds."
    );

    /// <summary>The address to listen on; <see langword="null"/> is <c>localhost</c>, both loopbacks.</summary>
    public required IPAddress? Host { get; init; }

    /// <summary>The port to listen on; 0 takes any free one.</summary>
    public required int Port { get; init; }

    /// <summary>The certificate that secures the port; <see langword="null"/> when it speaks HTTP.</summary>
    public required TlsOptions? Tls { get; init; }

    /// <summary>The address that serves metrics; <see langword="null"/> is <c>localhost</c>, both loopbacks.</summary>
    public required IPAddress? MetricsHost { get; init; }

    /// <summary>The port that serves metrics; 0 for none.</summary>
    public required int MetricsPort { get; init; }

    /// <summary>The proxies whose X-Forwarded-For is believed.</summary>
    public required IReadOnlyList<IPNetwork> TrustedProxies { get; init; }

    /// <summary><see langword="true"/> when a request behind a trusted proxy is a part of its client's trace; otherwise <see langword="false"/>.</summary>
    public required bool TrustsTraces { get; init; }

    /// <summary>The time that a stopping server still serves while it reports that it is not ready.</summary>
    public required TimeSpan ShutdownDelay { get; init; }

    /// <summary>Returns <see langword="true"/> when <paramref name="address"/> is of a trusted proxy; otherwise <see langword="false"/>.</summary>
    public bool Trusts(IPAddress? address)
    {
        var plain = address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;
        return plain is not null && TrustedProxies.Any(network => network.Contains(plain));
    }

    /// <summary>Reads the settings.</summary>
    public static ListenerOptions Read(SettingReader settings)
    {
        var host = settings.ListenAddress(HostSetting);
        var port = settings.Number(PortSetting, 0, 65535);
        if (port == 0 && settings.Value(HostSetting) == "localhost" && settings.Problems.Count == 0)
        {
            settings.Problem(PortSetting, "0 (any free port) cannot be used with localhost, which is two addresses; give 127.0.0.1 or ::1 as the host");
        }

        var metricsHost = settings.ListenAddress(MetricsHostSetting);
        var metricsPort = settings.Number(MetricsPortSetting, 0, 65535);
        if (metricsPort > 0 && metricsPort == port)
        {
            settings.Problem(MetricsPortSetting, $"expected another port than that of {PortSetting}");
        }

        return new ListenerOptions
        {
            Host = host,
            Port = port,
            Tls = TlsOptions.Read(settings),
            MetricsHost = metricsHost,
            MetricsPort = metricsPort,
            TrustedProxies = ReadTrustedProxies(settings),
            TrustsTraces = settings.Switch(TrustedTracesSetting),
            ShutdownDelay = settings.Seconds(ShutdownDelaySetting, 0, TimeSpan.FromMinutes(10)),
        };
    }

    /// <summary>Reads the URL at which a server of these settings is reached from its own machine, and no other setting.</summary>
    /// <returns>A loopback address where the server listens on all addresses.</returns>
    public static Uri ReadOwnUrl(SettingReader settings)
    {
        var host = settings.ListenAddress(HostSetting);
        var address =
            host is null || host.Equals(IPAddress.Any) ? IPAddress.Loopback
            : host.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback
            : host;
        var port = settings.Number(PortSetting, 1, 65535);
        var scheme = settings.Value(TlsOptions.CertificateFileSetting) is null ? Uri.UriSchemeHttp : Uri.UriSchemeHttps;
        return new UriBuilder(scheme, address.ToString(), port).Uri;
    }

    private static List<IPNetwork> ReadTrustedProxies(SettingReader settings)
    {
        var proxies = new List<IPNetwork>();
        foreach (var text in (settings.Value(TrustedProxiesSetting) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (ClientNetwork.TryParse(text, out var network))
            {
                proxies.Add(network.ToIPNetwork());
            }
            else
            {
                settings.Problem(TrustedProxiesSetting, "expected IP addresses or networks such as 10.0.0.0/8, separated by commas");
            }
        }

        return proxies;
    }
}
