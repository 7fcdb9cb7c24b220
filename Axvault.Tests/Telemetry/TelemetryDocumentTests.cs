using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using Axvault.Api.Authentication;
using Axvault.Api.Authorization;
using Axvault.Api.Chain;
using Axvault.Api.Database;
using Axvault.Api.Encryption;
using Axvault.Api.Federation;
using Axvault.Api.RateLimits;
using Axvault.Api.Refresh;
using Axvault.Api.Refresh.Grants;
using Axvault.Api.Settings;
using Axvault.Api.Startup;
using Axvault.Api.Stored;
using Axvault.Api.Telemetry;
using Axvault.Tests.Harness;
using Axvault.Tests.Harness.Servers;
using Microsoft.Extensions.DependencyInjection;

namespace Axvault.Tests.Telemetry;

/// <summary>docs/operations/observability.md agrees with the code and with the telemetry of a server: neither has a name that the other lacks.</summary>
[Collection(nameof(TelemetryShare))]
public sealed partial class TelemetryDocumentTests(TelemetryFixture telemetry)
{
    // Labels that the Prometheus format adds.
    private static readonly string[] FormatLabels = ["otel_scope_name", "le"];

    private static IReadOnlyList<IReadOnlyDictionary<string, string>> Metrics => DocumentTable.Below("Metrics");

    private static IReadOnlyList<IReadOnlyDictionary<string, string>> Spans => DocumentTable.Below("Spans");

    private static IReadOnlyList<IReadOnlyDictionary<string, string>> Attributes => DocumentTable.Below("Attributes");

    [Fact]
    public void Every_instrument_is_documented_with_its_kind_and_unit() =>
        Assert.Equal(
            Instruments().Select(static instrument => $"{instrument.Name} {Kind(instrument)} {instrument.Unit}".TrimEnd()).Order(StringComparer.Ordinal),
            Metrics
                .Select(static row => $"{row.Name("metric")} {row["instrument"]} {string.Join("", row.Names("unit"))}".TrimEnd())
                .Order(StringComparer.Ordinal)
        );

    [Fact]
    public void Every_instrument_has_a_description() =>
        Assert.All(Instruments(), static instrument => Assert.False(string.IsNullOrEmpty(instrument.Description)));

    [Fact]
    public void Every_span_of_the_code_is_documented() =>
        Assert.Equal(
            SourceTree
                .CSharp("Axvault.Api")
                .SelectMany(static file => SpanStart().Matches(file.Text))
                .Select(static start => start.Groups[1].Value)
                .Distinct()
                .Order(StringComparer.Ordinal),
            Spans.Select(static row => row.Name("span")).Order(StringComparer.Ordinal)
        );

    [Fact]
    public void Every_metric_and_attribute_of_the_code_is_documented() =>
        Assert.Equal(
            SourceTree
                .CSharp("Axvault.Api")
                .SelectMany(static file => OwnName().Matches(file.Text))
                .Select(static name => name.Groups[1].Value)
                .Distinct()
                .Order(StringComparer.Ordinal),
            Metrics.Select(static row => row.Name("metric")).Concat(Attributes.Select(static row => row.Name("attribute"))).Order(StringComparer.Ordinal)
        );

    [Fact]
    public void The_documented_attribute_values_are_those_of_the_code()
    {
        var values = new Dictionary<string, IEnumerable<string>>
        {
            ["axvault.authentication.outcome"] = Enum.GetValues<AuthenticationOutcome>().Select(AuthenticationTelemetry.Name),
            ["axvault.authorization.access"] = Enum.GetValues<AccessKind>().Select(AuthorizationTelemetry.Name),
            ["axvault.authorization.outcome"] = ["allowed", "denied"],
            ["axvault.audit.outcome"] = Enum.GetValues<AuditOutcome>().Select(AuditOutcomes.Name),
            ["axvault.federation.outcome"] = Enum.GetValues<ExchangeOutcome>().Select(FederationTelemetry.Name).Concat(["success", "failure"]),
            ["axvault.rate_limit.kind"] = Enum.GetValues<LimitKind>().Select(LimitKinds.Name),
            ["axvault.broker.limit"] = ["requests_per_minute", "tokens_per_day"],
            ["axvault.broker.limit.state"] = ["near", "reached"],
            ["axvault.credential.expiry"] = ExpiryClass.All,
            ["axvault.credential.type"] = CredentialType.All.Select(static type => type.Value),
            ["axvault.encryption.key"] = KekCensus.States,
            ["axvault.refresh.claimed"] = ["true", "false"],
            ["axvault.refresh.failure"] = Enum.GetValues<FailureClass>().Select(RefreshTelemetry.Name),
            ["axvault.refresh.outcome"] = Enum.GetValues<RefreshOutcome>().Select(RefreshTelemetry.Name),
            ["axvault.refresh.status"] = RefreshStatus.All.Select(static status => status.Value).Append(RefreshTelemetry.NoStatus),
            ["axvault.refresh.stored"] = ["true", "false"],
        };

        Assert.All(Attributes, row =>
            Assert.Equal(values.GetValueOrDefault(row.Name("attribute"), []).Order(StringComparer.Ordinal), row.Names("values").Order(StringComparer.Ordinal))
        );
    }

    [Fact]
    public void Every_documented_span_is_exported_with_its_documented_attributes()
    {
        var came = telemetry
            .Spans.Where(static span => span.Source == ServerSpans.SourceName)
            .ToLookup(static span => span.Name, static span => span.Attributes.Keys);

        Assert.Equal(
            Spans.Select(static row => row.Name("span")).Order(StringComparer.Ordinal),
            came.Select(static span => span.Key).Order(StringComparer.Ordinal)
        );
        Assert.All(Spans, row => Assert.Subset(row.Names("attributes").ToHashSet(), came[row.Name("span")].SelectMany(static keys => keys).ToHashSet()));
        // These errors need a failing database, which this server does not meet.
        var documented = Spans.SelectMany(static row => row.Names("attributes").Select(attribute => $"{row.Name("span")}: {attribute}"));
        var seen = came.SelectMany(static span => span.SelectMany(static keys => keys).Select(attribute => $"{span.Key}: {attribute}"));
        Assert.Equal(
            ["audit commit: error.type", "credential load: error.type", "refresh claim: error.type", "refresh store: error.type", "refresh sweep: error.type"],
            documented.Except(seen).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public void Every_documented_metric_is_scraped_with_its_documented_attributes()
    {
        var scraped = telemetry.Scrape.Types.Where(static metric => metric.Key.StartsWith("axvault_", StringComparison.Ordinal)).ToDictionary();
        var rows = Metrics.ToDictionary(static row => row.Name("in Prometheus"));

        // A scrape may come before the first expiry is counted, and this server has no certificate because it speaks HTTP.
        string[] later = ["axvault_refresh_next_expiry_seconds", "axvault_tls_certificate_expiry_seconds"];
        Assert.Subset(rows.Keys.ToHashSet(), later.ToHashSet());
        Assert.Equal(rows.Keys.Except(later).Order(StringComparer.Ordinal), scraped.Keys.Except(later).Order(StringComparer.Ordinal));
        Assert.All(scraped, metric =>
        {
            Assert.Equal(rows[metric.Key]["instrument"].Replace("up-down counter", "gauge", StringComparison.Ordinal), metric.Value);
            Assert.Equal(
                rows[metric.Key].Names("attributes").Select(static attribute => attribute.Replace('.', '_')).Order(StringComparer.Ordinal),
                telemetry.Scrape.Of(metric.Key).SelectMany(static sample => sample.Labels.Keys).Distinct().Except(FormatLabels).Order(StringComparer.Ordinal)
            );
        });
    }

    [Fact]
    public void The_exported_attribute_values_are_documented()
    {
        var values = Attributes
            .Where(static row => row.Names("values").Count > 0)
            .ToDictionary(static row => row.Name("attribute"), static row => row.Names("values"));

        Assert.All(telemetry.Spans.SelectMany(static span => span.Attributes), attribute =>
            Assert.True(!values.TryGetValue(attribute.Key, out var allowed) || allowed.Contains(attribute.Value), $"{attribute}")
        );
        Assert.All(telemetry.Scrape.Samples.SelectMany(static sample => sample.Labels), label =>
            Assert.True(!values.TryGetValue(label.Key.Replace('_', '.'), out var allowed) || allowed.Contains(label.Value), $"{label}")
        );
    }

    // Returns the instruments of the server's services, which are built as at its start.
    private static List<Instrument> Instruments()
    {
        var builder = ServerHost.CreateBuilder(
            new Dictionary<string, string?>
            {
                [EncryptionOptions.KeySetting.Variable] = ServerSettings.DefaultKey,
                [DatabaseOptions.UrlSetting.Variable] = "postgresql://unused/unused",
            }
        );
        Assert.True(AxvaultOptions.TryRead(builder.Configuration, out var options, out _));
        builder.AddServer(options);
        using var services = builder.Services.BuildServiceProvider();
        var meters = services.GetRequiredService<IMeterFactory>();
        List<Instrument> instruments = [];
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter.Name == ServerSpans.SourceName && instrument.Meter.Scope == meters)
                {
                    instruments.Add(instrument);
                }
            },
        };
        listener.Start();
        foreach (
            var type in typeof(Setting)
                .Assembly.GetTypes()
                .Where(static type =>
                    type.GetConstructors().Any(static made => made.GetParameters().Any(static parameter => parameter.ParameterType == typeof(IMeterFactory)))
                )
        )
        {
            services.GetRequiredService(type);
        }

        return instruments;
    }

    private static string Kind(Instrument instrument) =>
        instrument.GetType().Name switch
        {
            var name when name.Contains("UpDownCounter", StringComparison.Ordinal) => "up-down counter",
            var name when name.Contains("Counter", StringComparison.Ordinal) => "counter",
            var name when name.Contains("Histogram", StringComparison.Ordinal) => "histogram",
            _ => "gauge",
        };

    [GeneratedRegex("""\.Start(?:Activity)?\("([a-z ]+)"[,)]""")]
    private static partial Regex SpanStart();

    [GeneratedRegex(
        """
            "(axvault\.[a-z_.]+)"
            """
    )]
    private static partial Regex OwnName();
}
