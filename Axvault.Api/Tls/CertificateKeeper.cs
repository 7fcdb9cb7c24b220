using Axvault.Api.Configuration;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Axvault.Api.Tls;

/// <summary>
/// The certificate that is served, which follows its files: they are read every two seconds, whatever replaces them and however (a file over a file, a link
/// that turns elsewhere). What makes no certificate, such as a key that is not written yet, changes nothing.
/// </summary>
internal sealed partial class CertificateKeeper : BackgroundService
{
    /// <summary>How often the files are read.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan HandshakeLimit = TimeSpan.FromSeconds(10);

    private readonly TlsFiles _files;
    private readonly TlsTelemetry _telemetry;
    private readonly TimeProvider _time;
    private readonly ILogger<CertificateKeeper> _logger;
    private volatile ServerCertificate _current;
    private TlsFileContents _served;
    private string? _warned;

    /// <summary>Serves the certificate of the settings at first.</summary>
    /// <exception cref="InvalidOperationException">The settings have none.</exception>
    public CertificateKeeper(AxvaultOptions options, TlsTelemetry telemetry, TimeProvider time, ILogger<CertificateKeeper> logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(telemetry);

        var tls = options.Tls ?? throw new InvalidOperationException("The server speaks HTTP.");
        (_files, _served, _current) = (tls.Files, tls.Contents, tls.Certificate);
        (_telemetry, _time, _logger) = (telemetry, time, logger);
        telemetry.Show(_current);
    }

    /// <summary>The certificate that the next connection gets.</summary>
    public ServerCertificate Current => _current;

    /// <summary>How the listener is to secure a connection; one that is open keeps the certificate that it began with.</summary>
    public TlsHandshakeCallbackOptions Handshakes() => new()
    {
        HandshakeTimeout = HandshakeLimit,
        OnConnection = _ => ValueTask.FromResult(_current.Options),
    };

    /// <summary>Reads the files, and serves what is in them if that is new and can be.</summary>
    public void Look()
    {
        if (_files.TryRead(out var contents, out var faults) && contents.Is(_served))
        {
            _warned = null;
        }
        else if (contents is not null && ServerCertificate.TryRead(contents, _time.GetUtcNow(), out var certificate, out faults))
        {
            (_current, _served, _warned) = (certificate, contents, null);
            _telemetry.Show(certificate);
            Log.Renewed(_logger, certificate.NotAfter);
        }
        else
        {
            Warn(string.Join("; ", faults));
        }
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, _time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            Look();
        }
    }

    // Once for each thing that is wrong, not every two seconds.
    private void Warn(string reason)
    {
        if (reason != _warned)
        {
            _warned = reason;
            Log.NotRenewed(_logger, _current.NotAfter, reason);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "The certificate was renewed; it is valid until {NotAfter}")]
        public static partial void Renewed(ILogger logger, DateTimeOffset notAfter);

        [LoggerMessage(LogLevel.Warning, "The certificate is not renewed, and the one that is served is valid until {NotAfter}: {Reason}")]
        public static partial void NotRenewed(ILogger logger, DateTimeOffset notAfter, string reason);
    }
}
