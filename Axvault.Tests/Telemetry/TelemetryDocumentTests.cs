using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using Axvault.Api.Audit;
using Axvault.Api.Authentication;
using Axvault.Api.Authorization;
using Axvault.Api.Configuration;
using Axvault.Api.Credentials;
using Axvault.Api.Encryption;
using Axvault.Api.RateLimits;
using Axvault.Api.Refresh;
using Axvault.Api.Refresh.Grants;
using Axvault.Api.Startup;
using Axvault.Api.Telemetry;
using Axvault.Tests.Conventions;
using Axvault.Tests.Server;
using Microsoft.Extensions.DependencyInjection;

namespace Axvault.Tests.Telemetry;

/// <summary>docs/observability.md against the code, and against what a server told: neither may know a name that the other does not.</summary>
[Collection(nameof(TelemetryShare))]
public sealed partial class TelemetryDocumentTests(TelemetryFixture told)
{
    // Labels that the format adds to what the code says.
    private static readonly string[] FormatLabels = ["otel_scope_name", "le"];

    private static IReadOnlyList<IReadOnlyDictionary<string, string>> Metrics => DocumentTable.Below("Metrics");

    private static IReadOnlyList<IReadOnlyDictionary<string, string>> Spans => DocumentTable.Below("Spans");

    private static IReadOnlyList<IReadOnlyDictionary<string, string>> Attributes => DocumentTable.Below("Attributes");

    [Fact]
    public void Every_instrument_is_in_the_document_with_its_kind_and_unit() =>
        Assert.Equal(
            Instruments().Select(static instrument => $"{instrument.Name} {Kind(instrument)} {instrument.Unit}".TrimEnd()).Order(StringComparer.Ordinal),
            Metrics.Select(static row => $"{row.Name("metric")} {row["instrument"]} {string.Join("", row.Names("unit"))}".TrimEnd()).Order(StringComparer.Ordinal));

    [Fact]
    public void Every_instrument_says_what_it_measures() => Assert.All(Instruments(), static instrument => Assert.False(string.IsNullOrEmpty(instrument.Description)));

    [Fact]
    public void Every_span_that_the_code_begins_is_in_the_document() =>
        Assert.Equal(
            SourceTree.CSharp("Axvault.Api").SelectMany(static file => SpanStart().Matches(file.Text)).Select(static start => start.Groups[1].Value).Distinct().Order(StringComparer.Ordinal),
            Spans.Select(static row => row.Name("span")).Order(StringComparer.Ordinal));

    [Fact]
    public void Every_name_that_the_code_gives_is_in_the_document() =>
        Assert.Equal(
            SourceTree.CSharp("Axvault.Api").SelectMany(static file => OwnName().Matches(file.Text)).Select(static name => name.Groups[1].Value).Distinct().Order(StringComparer.Ordinal),
            Metrics.Select(static row => row.Name("metric")).Concat(Attributes.Select(static row => row.Name("attribute"))).Order(StringComparer.Ordinal));

    [Fact]
    public void The_values_of_attributes_are_those_of_the_code()
    {
        var values = new Dictionary<string, IEnumerable<string>>
        {
            ["axvault.authentication.outcome"] = Enum.GetValues<AuthenticationOutcome>().Select(AuthenticationTelemetry.Name),
            ["axvault.authorization.access"] = Enum.GetValues<AccessKind>().Select(AuthorizationTelemetry.Name),
            ["axvault.authorization.outcome"] = ["allowed", "denied"],
            ["axvault.audit.outcome"] = Enum.GetValues<AuditOutcome>().Select(AuditOutcomes.Name),
            ["axvault.rate_limit.kind"] = Enum.GetValues<LimitKind>().Select(LimitKinds.Name),
            ["axvault.credential.expiry"] = ExpiryClass.All,
            ["axvault.credential.type"] = CredentialType.All.Select(static type => type.Value),
            ["axvault.encryption.key"] = KeyCensus.States,
            ["axvault.refresh.claimed"] = ["true", "false"],
            ["axvault.refresh.failure"] = Enum.GetValues<FailureClass>().Select(RefreshTelemetry.Name),
            ["axvault.refresh.outcome"] = Enum.GetValues<RefreshOutcome>().Select(RefreshTelemetry.Name),
            ["axvault.refresh.status"] = RefreshStatus.All.Select(static status => status.Value).Append(RefreshTelemetry.NoStatus),
            ["axvault.refresh.stored"] = ["true", "false"],
        };

        Assert.All(Attributes, row => Assert.Equal(values.GetValueOrDefault(row.Name("attribute"), []).Order(StringComparer.Ordinal), row.Names("values").Order(StringComparer.Ordinal)));
    }

    [Fact]
    public void Every_span_came_from_a_server_with_the_attributes_of_the_document_and_no_others()
    {
        var came = told.Spans.Where(static span => span.Source == VaultSpans.SourceName).ToLookup(static span => span.Name, static span => span.Attributes.Keys);

        Assert.Equal(Spans.Select(static row => row.Name("span")).Order(StringComparer.Ordinal), came.Select(static span => span.Key).Order(StringComparer.Ordinal));
        Assert.All(Spans, row => Assert.Subset(row.Names("attributes").ToHashSet(), came[row.Name("span")].SelectMany(static keys => keys).ToHashSet()));
        // What fails only when the database does cannot be seen here.
        var documented = Spans.SelectMany(static row => row.Names("attributes").Select(attribute => $"{row.Name("span")}: {attribute}"));
        var seen = came.SelectMany(static span => span.SelectMany(static keys => keys).Select(attribute => $"{span.Key}: {attribute}"));
        Assert.Equal(
            ["audit commit: error.type", "credential load: error.type", "refresh claim: error.type", "refresh store: error.type", "refresh sweep: error.type"],
            documented.Except(seen).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_metric_is_scraped_under_its_name_of_the_document_with_its_attributes_and_no_others()
    {
        var scraped = told.Scrape.Types.Where(static metric => metric.Key.StartsWith("axvault_", StringComparison.Ordinal)).ToDictionary();
        var rows = Metrics.ToDictionary(static row => row.Name("in Prometheus"));

        // The first look finds an empty vault, in which nothing expires; a scrape may come before the second. And the server speaks HTTP.
        string[] later = ["axvault_refresh_next_expiry_seconds", "axvault_tls_certificate_expiry_seconds"];
        Assert.Subset(rows.Keys.ToHashSet(), later.ToHashSet());
        Assert.Equal(rows.Keys.Except(later).Order(StringComparer.Ordinal), scraped.Keys.Except(later).Order(StringComparer.Ordinal));
        Assert.All(scraped, metric =>
        {
            Assert.Equal(rows[metric.Key]["instrument"].Replace("up-down counter", "gauge", StringComparison.Ordinal), metric.Value);
            Assert.Equal(
                rows[metric.Key].Names("attributes").Select(static attribute => attribute.Replace('.', '_')).Order(StringComparer.Ordinal),
                told.Scrape.Of(metric.Key).SelectMany(static sample => sample.Labels.Keys).Distinct().Except(FormatLabels).Order(StringComparer.Ordinal));
        });
    }

    [Fact]
    public void The_values_that_a_server_told_are_those_of_the_document()
    {
        var values = Attributes.Where(static row => row.Names("values").Count > 0).ToDictionary(static row => row.Name("attribute"), static row => row.Names("values"));

        Assert.All(told.Spans.SelectMany(static span => span.Attributes), attribute => Assert.True(!values.TryGetValue(attribute.Key, out var allowed) || allowed.Contains(attribute.Value), $"{attribute}"));
        Assert.All(
            told.Scrape.Samples.SelectMany(static sample => sample.Labels),
            label => Assert.True(!values.TryGetValue(label.Key.Replace('_', '.'), out var allowed) || allowed.Contains(label.Value), $"{label}"));
    }

    // What the server's services make when they are built as at its start.
    private static List<Instrument> Instruments()
    {
        var builder = VaultHost.CreateBuilder(new Dictionary<string, string?> { [Setting.EncryptionKey.Variable] = ServerSettings.DefaultKey, [Setting.DatabaseUrl.Variable] = "postgresql://unused/unused" });
        Assert.True(AxvaultOptionsReader.TryRead(builder.Configuration, out var options, out _));
        builder.AddVault(options);
        using var services = builder.Services.BuildServiceProvider();
        var meters = services.GetRequiredService<IMeterFactory>();
        List<Instrument> instruments = [];
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter.Name == VaultSpans.SourceName && instrument.Meter.Scope == meters)
                {
                    instruments.Add(instrument);
                }
            },
        };
        listener.Start();
        foreach (var type in typeof(Setting).Assembly.GetTypes().Where(static type => type.GetConstructors().Any(static made => made.GetParameters().Any(static parameter => parameter.ParameterType == typeof(IMeterFactory)))))
        {
            services.GetRequiredService(type);
        }

        return instruments;
    }

    private static string Kind(Instrument instrument) => instrument.GetType().Name switch
    {
        var name when name.Contains("UpDownCounter", StringComparison.Ordinal) => "up-down counter",
        var name when name.Contains("Counter", StringComparison.Ordinal) => "counter",
        var name when name.Contains("Histogram", StringComparison.Ordinal) => "histogram",
        _ => "gauge",
    };

    [GeneratedRegex("""\.Start(?:Activity)?\("([a-z ]+)"[,)]""")]
    private static partial Regex SpanStart();

    [GeneratedRegex("""
        "(axvault\.[a-z_.]+)"
        """)]
    private static partial Regex OwnName();
}
