using Axvault.Api.Broker.Upstreams;
using Axvault.Api.Settings;

namespace Axvault.Api.Broker;

/// <summary>The settings of the broker.</summary>
internal sealed record BrokerOptions
{
    public static readonly Setting ConsumerLoginsSetting = new(
        "AXVAULT_BROKER_CONSUMER_LOGINS",
        "--broker-consumer-logins",
        "off",
        "Forwarding of logins that their provider does not permit for third-party software (docs/broker.md): on or off."
    );

    public static readonly Setting ShutdownGraceSetting = new(
        "AXVAULT_SHUTDOWN_GRACE",
        "--shutdown-grace",
        "10",
        "Time that calls through the broker may still run after a server is told to stop, in seconds."
    );

    private static readonly TimeSpan MaxShutdownGrace = TimeSpan.FromHours(1);

    /// <summary><see langword="true"/> when logins are forwarded that their provider does not permit; otherwise <see langword="false"/>.</summary>
    public required bool ForwardsConsumerLogins { get; init; }

    /// <summary>The time that calls may still run after the server is told to stop.</summary>
    public required TimeSpan ShutdownGrace { get; init; }

    /// <summary>The upstreams, with their defaults.</summary>
    public required IReadOnlyList<Upstream> Upstreams { get; init; }

    /// <summary>Reads the settings.</summary>
    public static BrokerOptions Read(SettingReader settings) =>
        new()
        {
            ForwardsConsumerLogins = settings.Switch(ConsumerLoginsSetting),
            ShutdownGrace = settings.Seconds(ShutdownGraceSetting, 0, MaxShutdownGrace),
            Upstreams = UpstreamSettings.Read(settings),
        };
}
