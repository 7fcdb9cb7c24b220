using System.Diagnostics.Metrics;
using Axvault.Api.Startup;
using Axvault.Api.Tls;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Axvault.Tests.Tls;

/// <summary>The certificate follows its files. These tests need no server.</summary>
public sealed class CertificateKeeperTests : IDisposable
{
    private readonly TestAuthority _authority = new();
    private readonly TlsFolder _folder = new();
    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly List<string> _log = [];

    public static TheoryData<string> Unusable =>
        ["", "-----BEGIN CERTIFICATE-----\n", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "no PEM"];

    [Fact]
    public void Replaced_files_are_served_and_logged()
    {
        var keeper = Keep(_authority.Issue());
        var next = _authority.Issue(until: TimeSpan.FromDays(30));
        keeper.Look();
        Assert.Empty(_log);

        _folder.Move(next);
        keeper.Look();
        keeper.Look();

        Assert.Equal(next.Thumbprint, Served(keeper));
        Assert.StartsWith("Information The certificate was renewed", Assert.Single(_log), StringComparison.Ordinal);
    }

    [Fact]
    public void A_changed_link_is_followed()
    {
        _folder.Turn(_authority.Issue());
        var keeper = Keep();
        var next = _authority.Issue(rsa: true);

        _folder.Turn(next);
        keeper.Look();

        Assert.Equal(next.Thumbprint, Served(keeper));
    }

    [Fact]
    public void One_file_can_hold_certificate_and_key()
    {
        var issued = _authority.Issue();
        _folder.Write(issued.Key + issued.Chain, "");
        var keeper = Keep(new Dictionary<string, string?>(_folder.Variables!) { ["AXVAULT_TLS_KEY_FILE"] = _folder.Certificate });
        var next = _authority.Issue();

        _folder.Write(next.Key + next.Chain, "");
        keeper.Look();

        Assert.Equal(next.Thumbprint, Served(keeper));
        Assert.Single(keeper.Current.Options.ServerCertificateContext!.IntermediateCertificates);
    }

    [Fact]
    public void The_files_are_checked_periodically()
    {
        var keeper = Keep(_authority.Issue());
        var next = _authority.Issue();
        _folder.Move(next);
        using var stop = new CancellationTokenSource();
        var running = keeper.StartAsync(stop.Token);

        Assert.True(
            SpinWait.SpinUntil(
                () =>
                {
                    _time.Advance(CertificateKeeper.Interval);
                    return Served(keeper) == next.Thumbprint;
                },
                TimeSpan.FromSeconds(20)
            )
        );
        stop.Cancel();
        Assert.True(running.IsCompleted);
    }

    [Fact]
    public void A_half_replaced_pair_keeps_the_old_one_and_is_logged_once()
    {
        var (first, next) = (_authority.Issue(), _authority.Issue());
        var keeper = Keep(first);

        _folder.Write(next.Chain, first.Key);
        keeper.Look();
        keeper.Look();
        Assert.Equal(first.Thumbprint, Served(keeper));
        Assert.Matches(
            @"^Warning The certificate is not renewed.+AXVAULT_TLS_KEY_FILE \(--tls-key-file\): the key is not that of the certificate",
            Assert.Single(_log)
        );

        _folder.Write(next);
        keeper.Look();
        Assert.Equal(next.Thumbprint, Served(keeper));
        Assert.Equal(2, _log.Count);
    }

    [Theory]
    [MemberData(nameof(Unusable))]
    public void A_broken_or_missing_file_keeps_the_old_certificate(string text)
    {
        var first = _authority.Issue();
        var keeper = Keep(first);

        _folder.Write(text, first.Key);
        keeper.Look();
        _folder.Write(first.Chain, text.Replace("CERTIFICATE", "PRIVATE KEY", StringComparison.Ordinal));
        keeper.Look();
        File.Delete(_folder.Key);
        keeper.Look();

        Assert.Equal(first.Thumbprint, Served(keeper));
        Assert.All(_log, static line => Assert.StartsWith("Warning The certificate is not renewed", line, StringComparison.Ordinal));
        Assert.InRange(_log.Count, 2, 3);
    }

    [Fact]
    public void An_expired_or_not_yet_valid_certificate_is_not_used()
    {
        var (first, early) = (_authority.Issue(), _authority.Issue(from: TimeSpan.FromHours(1)));
        var keeper = Keep(first);

        _folder.Write(_authority.Issue(until: TimeSpan.FromHours(-1)));
        keeper.Look();
        _folder.Write(early);
        keeper.Look();
        Assert.Equal(first.Thumbprint, Served(keeper));

        _time.Advance(TimeSpan.FromHours(2));
        keeper.Look();
        Assert.Equal(early.Thumbprint, Served(keeper));
    }

    [Fact]
    public void The_remaining_lifetime_is_measured()
    {
        var keeper = Keep(_authority.Issue(until: TimeSpan.FromDays(2)));
        Assert.InRange(Expiry(), 172_700, 172_800);

        _time.Advance(TimeSpan.FromDays(3));
        Assert.InRange(Expiry(), -86_500, -86_300);

        _folder.Write(_authority.Issue(until: TimeSpan.FromDays(4)));
        keeper.Look();
        Assert.InRange(Expiry(), 86_300, 86_500);
    }

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Dispose();
        _services.Dispose();
    }

    private static string Served(CertificateKeeper keeper) => keeper.Current.Options.ServerCertificateContext!.TargetCertificate.Thumbprint;

    private CertificateKeeper Keep(IssuedCertificate issued)
    {
        _folder.Write(issued);
        return Keep();
    }

    private CertificateKeeper Keep() => Keep(_folder.Variables!);

    private CertificateKeeper Keep(Dictionary<string, string?> variables)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(variables.Append(new("AXVAULT_ENCRYPTION_KEY", new string('k', 32)))).Build();
        Assert.True(AxvaultOptions.TryRead(configuration, out var options, out var problems), string.Join('\n', problems));
        return new CertificateKeeper(options.Listener.Tls!, new TlsTelemetry(_services.GetRequiredService<IMeterFactory>(), _time), _time, new Recorder(_log));
    }

    private double Expiry()
    {
        var measured = double.NaN;
        var meters = _services.GetRequiredService<IMeterFactory>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Scope == meters)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((_, value, _, _) => measured = value);
        listener.Start();
        listener.RecordObservableInstruments();
        return measured;
    }

    private sealed class Recorder(List<string> lines) : ILogger<CertificateKeeper>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Add($"{logLevel} {formatter(state, exception)}");
    }
}
