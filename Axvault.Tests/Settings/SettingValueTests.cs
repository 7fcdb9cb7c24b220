using Serilog.Events;
using static Axvault.Tests.Settings.OptionsReading;

namespace Axvault.Tests.Settings;

/// <summary>The values that each setting accepts and refuses.</summary>
public sealed class SettingValueTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("1", 1)]
    [InlineData("65535", 65535)]
    public void A_port_is_accepted(string text, int port) => Assert.Equal(port, Read(("AXVAULT_PORT", text)).Listener.Port);

    [Theory]
    [InlineData("AXVAULT_PORT", "65536")]
    [InlineData("AXVAULT_PORT", "-1")]
    [InlineData("AXVAULT_PORT", "+80")]
    [InlineData("AXVAULT_PORT", " 80")]
    [InlineData("AXVAULT_PORT", "80\n")]
    [InlineData("AXVAULT_PORT", "8_0")]
    [InlineData("AXVAULT_PORT", "8,0")]
    [InlineData("AXVAULT_PORT", "80.0")]
    [InlineData("AXVAULT_PORT", "1e3")]
    [InlineData("AXVAULT_PORT", "0x50")]
    [InlineData("AXVAULT_PORT", "٨٠")]
    [InlineData("AXVAULT_PORT", "99999999999999999999")]
    [InlineData("AXVAULT_PORT", "http")]
    [InlineData("AXVAULT_METRICS_PORT", "65536")]
    [InlineData("AXVAULT_METRICS_PORT", "-1")]
    [InlineData("AXVAULT_METRICS_PORT", "off")]
    [InlineData("AXVAULT_DATABASE_WAIT", "-1")]
    [InlineData("AXVAULT_DATABASE_WAIT", "3601")]
    [InlineData("AXVAULT_DATABASE_WAIT", "1m")]
    [InlineData("AXVAULT_REFRESH_THRESHOLD", "-1")]
    [InlineData("AXVAULT_REFRESH_THRESHOLD", "31536001")]
    [InlineData("AXVAULT_REFRESH_THRESHOLD", "1h")]
    [InlineData("AXVAULT_REFRESH_TIMEOUT_MS", "0")]
    [InlineData("AXVAULT_REFRESH_TIMEOUT_MS", "600001")]
    [InlineData("AXVAULT_REFRESH_TIMEOUT_MS", "30s")]
    public void A_number_is_whole_and_within_its_limits(string variable, string text) =>
        Assert.Matches($@"\A{variable} \(--[a-z-]+\): expected a whole number from [0-9]+ to [0-9]+\z", Assert.Single(Refused((variable, text))));

    [Fact]
    public void Metrics_are_not_served_on_the_port_of_the_API()
    {
        Assert.Equal(
            "AXVAULT_METRICS_PORT (--metrics-port): expected another port than that of AXVAULT_PORT (--port)",
            Assert.Single(Refused(("AXVAULT_PORT", "9464"), ("AXVAULT_METRICS_PORT", "9464"), ("AXVAULT_METRICS_HOST", "::1")))
        );
        Assert.Equal(
            (0, 0),
            Read(("AXVAULT_PORT", "0"), ("AXVAULT_METRICS_PORT", "0")) is var none ? (none.Listener.Port, none.Listener.MetricsPort) : default
        );
        Assert.Null(Read(("AXVAULT_METRICS_HOST", "localhost")).Listener.MetricsHost);
    }

    [Fact]
    public void A_threshold_of_zero_disables_refresh() => Assert.Equal(TimeSpan.Zero, Read(("AXVAULT_REFRESH_THRESHOLD", "0")).Refresh.Rules.Threshold);

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("0.0.0.0", "0.0.0.0")]
    [InlineData("::1", "::1")]
    [InlineData("::", "::")]
    [InlineData("[::1]", "::1")]
    [InlineData("localhost", null)]
    public void A_host_is_an_address_or_localhost(string text, string? address) =>
        Assert.Equal(address, Read(("AXVAULT_HOST", text)).Listener.Host?.ToString());

    [Theory]
    [InlineData("example.com")]
    [InlineData("*")]
    [InlineData("127.0.0.1:80")]
    [InlineData("[::1]:80")]
    [InlineData("http://127.0.0.1")]
    [InlineData("LOCALHOST")]
    [InlineData(" 127.0.0.1 x")]
    [InlineData("256.0.0.1")]
    public void Any_other_host_is_refused(string text) =>
        Assert.Equal(
            "AXVAULT_HOST (--host): expected an IP address (0.0.0.0 or :: for all of them) or localhost",
            Assert.Single(Refused(("AXVAULT_HOST", text)))
        );

    [Fact]
    public void Port_0_is_accepted_with_one_address_and_refused_with_localhost()
    {
        Assert.StartsWith("AXVAULT_PORT (--port): ", Assert.Single(Refused(("AXVAULT_HOST", "localhost"), ("AXVAULT_PORT", "0"))), StringComparison.Ordinal);
        Assert.Equal(0, Read(("AXVAULT_HOST", "::1"), ("AXVAULT_PORT", "0")).Listener.Port);
    }

    [Theory]
    [InlineData("trace", LogEventLevel.Verbose)]
    [InlineData("debug", LogEventLevel.Debug)]
    [InlineData("info", LogEventLevel.Information)]
    [InlineData("warn", LogEventLevel.Warning)]
    [InlineData("error", LogEventLevel.Error)]
    [InlineData("fatal", LogEventLevel.Fatal)]
    [InlineData("silent", null)]
    public void Each_log_level_has_its_name(string name, LogEventLevel? level) => Assert.Equal(level, Read(("AXVAULT_LOG_LEVEL", name)).LogLevel);

    [Theory]
    [InlineData("INFO")]
    [InlineData("information")]
    [InlineData("warning")]
    [InlineData("0")]
    [InlineData("info ")]
    [InlineData("off")]
    public void Any_other_log_level_is_refused(string name) =>
        Assert.Equal(
            "AXVAULT_LOG_LEVEL (--log-level): expected trace, debug, info, warn, error, fatal or silent",
            Assert.Single(Refused(("AXVAULT_LOG_LEVEL", name)))
        );

    [Theory]
    [InlineData("on", true)]
    [InlineData("off", false)]
    public void The_API_reference_is_served_or_not(string text, bool served) => Assert.Equal(served, Read(("AXVAULT_DOCS", text)).Docs);

    [Theory]
    [InlineData("true")]
    [InlineData("ON")]
    [InlineData("0")]
    [InlineData("off ")]
    public void A_switch_is_on_or_off(string text) => Assert.Equal("AXVAULT_DOCS (--docs): expected on or off", Assert.Single(Refused(("AXVAULT_DOCS", text))));

    [Theory]
    [InlineData("10.0.0.0/8", "10.0.0.0/8")]
    [InlineData("10.1.2.3", "10.1.2.3/32")]
    [InlineData(" 10.1.2.3 , ::1,", "10.1.2.3/32,::1/128")]
    [InlineData("fd00::/8", "fd00::/8")]
    [InlineData("::ffff:10.1.2.3", "10.1.2.3/32")]
    [InlineData("::ffff:10.0.0.0/104", "10.0.0.0/8")]
    public void A_proxy_is_an_address_or_a_network(string text, string networks) =>
        Assert.Equal(networks, string.Join(',', Read(("AXVAULT_TRUSTED_PROXIES", text)).Listener.TrustedProxies));

    [Theory]
    [InlineData("10")]
    [InlineData("10/8")]
    [InlineData("10.0/16")]
    [InlineData("010.0.0.1")]
    [InlineData("0x7f.0.0.1")]
    [InlineData("10.0.0.1/8")]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0.0/8/8")]
    [InlineData("10.0.0.1:80")]
    [InlineData("[::1]:80")]
    [InlineData("proxy.example")]
    [InlineData("*")]
    public void Any_other_proxy_is_refused(string text) =>
        Assert.Equal(
            "AXVAULT_TRUSTED_PROXIES (--trusted-proxies): expected IP addresses or networks such as 10.0.0.0/8, separated by commas",
            Assert.Single(Refused(("AXVAULT_TRUSTED_PROXIES", text)))
        );
}
