using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Axvault.Api.Tls;

/// <summary>
/// The served certificate, which follows its files. The files are read every two seconds, because Kestrel's own reload restarts the endpoint and closes all
/// open connections. A broken pair, such as a new certificate before its key, changes nothing.
/// </summary>
internal sealed partial class CertificateKeeper : BackgroundService
{
    /// <summary>The interval at which the files are read.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan HandshakeLimit = TimeSpan.FromSeconds(10);

    private readonly TlsFiles _files;
    private readonly TlsTelemetry _telemetry;
    private readonly TimeProvider _time;
    private readonly ILogger<CertificateKeeper> _logger;
    private volatile ServerCertificate _current;
    private TlsFileContents _served;
    private string? _warned;

    /// <summary>Starts with the certificate of the settings.</summary>
    public CertificateKeeper(TlsOptions options, TlsTelemetry telemetry, TimeProvider time, ILogger<CertificateKeeper> logger)
    {
        (_files, _served, _current) = (options.Files, options.Contents, options.Certificate);
        (_telemetry, _time, _logger) = (telemetry, time, logger);
        telemetry.Show(_current);
    }

    /// <summary>The certificate of new connections.</summary>
    public ServerCertificate Current => _current;

    /// <summary>Returns the options of the listener. An open connection keeps the certificate that it began with.</summary>
    public TlsHandshakeCallbackOptions Handshakes() => new() { HandshakeTimeout = HandshakeLimit, OnConnection = _ => ValueTask.FromResult(_current.Options) };

    /// <summary>Reads the files, and serves their certificate if it is new and valid.</summary>
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

    // Logged once for each fault, not every two seconds.
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

        [LoggerMessage(LogLevel.Warning, "The certificate is not renewed, and the served one is valid until {NotAfter}: {Reason}")]
        public static partial void NotRenewed(ILogger logger, DateTimeOffset notAfter, string reason);
    }
}
