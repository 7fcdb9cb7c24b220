using System.Globalization;
using System.Net;
using Axvault.Tests.Graph;
using Axvault.Tests.Provider;
using Axvault.Tests.Refresh;
using Axvault.Tests.Server;

namespace Axvault.Tests.Telemetry;

/// <summary>
/// One server that went through everything there is to tell of, once: what it told over OTLP, and what it serves to Prometheus.
/// </summary>
public sealed class TelemetryFixture(VaultGraph graph) : IAsyncLifetime
{
    /// <summary>A credential whose read refreshed it.</summary>
    public const string Refreshed = "refreshed";

    /// <summary>A credential whose refresh token the provider refuses.</summary>
    public const string Dead = "dead";

    /// <summary>A credential whose stored bytes were changed.</summary>
    public const string Tampered = "tampered";

    /// <summary>A credential that a server had claimed which was not heard of again.</summary>
    public const string Left = "left";

    /// <summary>A credential that a key was refused.</summary>
    public const string Forbidden = "forbidden";

    private OtlpReceiver? _receiver;
    private RefreshLab? _lab;

    /// <summary>The server, and what it works with.</summary>
    public RefreshLab Lab => _lab!;

    /// <summary>The port that metrics are served on.</summary>
    public int MetricsPort { get; } = FreePort.Next();

    /// <summary>The spans.</summary>
    public IReadOnlyList<OtlpSpan> Spans { get; private set; } = [];

    /// <summary>The metrics.</summary>
    public Scrape Scrape { get; private set; } = Scrape.Parse("# EOF\n");

    /// <summary>A client of the port that metrics are served on.</summary>
    public VaultClient Scraper() => new(new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{MetricsPort}")), null) { IsOfTheApi = false };

    /// <summary>The spans of the one request with <paramref name="method"/> for <paramref name="credential"/> that answered <paramref name="status"/>.</summary>
    public IReadOnlyList<OtlpSpan> Trace(string method, string credential, HttpStatusCode status)
    {
        var root = Assert.Single(Spans, span => span.Kind == OtlpSpan.Server
            && span.Attributes["http.request.method"] == method
            && span.Attributes["url.path"] == $"/api/v1/credentials/{credential}"
            && span.Attributes["http.response.status_code"] == ((int)status).ToString(CultureInfo.InvariantCulture));
        return [.. Spans.Where(span => span.TraceId == root.TraceId)];
    }

    public async ValueTask InitializeAsync()
    {
        _receiver = await OtlpReceiver.StartAsync();
        _lab = await RefreshLab.StartAsync(
            graph, 1, [("AXVAULT_METRICS_PORT", MetricsPort.ToString(CultureInfo.InvariantCulture)), .. _receiver.Variables.Select(static variable => (variable.Key, variable.Value))]);
        using var admin = _lab.Admin();
        await RefreshAsync(admin);
        await RefuseAsync(admin);

        using var scraper = Scraper();
        await scraper.GetAsync("/metrics");
        await admin.GetAsync("/alive");

        // What ended before the last request is exported before it.
        (await admin.GetAsync("credentials/the-last")).IsNotFound();
        await Until.HoldsAsync(() => _receiver.Spans.Any(static span => span.Attributes.GetValueOrDefault("url.path") == "/api/v1/credentials/the-last"), "the spans have come");
        Spans = _receiver.Spans;
        Scrape = Scrape.Parse((await scraper.GetAsync("/metrics")).Text);
    }

    public async ValueTask DisposeAsync()
    {
        if (_lab is not null)
        {
            await _lab.DisposeAsync();
        }

        if (_receiver is not null)
        {
            await _receiver.DisposeAsync();
        }
    }

    private async Task RefreshAsync(VaultClient admin)
    {
        await Lab.PutDueAsync(Refreshed);
        // A key that the server has not met: it asks the database for it.
        using var reader = await admin.WithNewKeyAsync(read: [Refreshed]);
        Assert.Equal("true", (await reader.GetAsync($"credentials/{Refreshed}")).Is(HttpStatusCode.OK).Headers["X-Axvault-Refreshed"]);

        var dead = await Lab.PutDueAsync(Dead);
        Lab.Proxy.Decide(request => request.RefreshToken == dead.RefreshToken ? Fault.Error("invalid_grant") : null);
        Assert.Equal("true", (await admin.GetAsync($"credentials/{Dead}")).Is(HttpStatusCode.OK).Headers["X-Axvault-Refresh-Failed"]);

        await Lab.PutDueAsync(Left);
        await DatabaseContents.ExecuteAsync(
            Lab.ConnectionString,
            $"""
            update axvault.credential
            set refresh_of = version, refresh_seq = refresh_seq + 1, refresh_claim = gen_random_uuid(),
              refresh_claimed_at = clock_timestamp(), refresh_claimed_until = clock_timestamp() + interval '300 milliseconds'
            where name = '{Left}'
            """);
        Assert.Equal("true", (await admin.GetAsync($"credentials/{Left}")).Is(HttpStatusCode.OK).Headers["X-Axvault-Refresh-Failed"]);

        (await admin.PutCredentialAsync(Tampered)).Is(HttpStatusCode.Created);
        await DatabaseContents.ExecuteAsync(Lab.ConnectionString, $"update axvault.credential set envelope = set_byte(envelope, 70, get_byte(envelope, 70) # 1) where name = '{Tampered}'");
        (await admin.GetAsync($"credentials/{Tampered}")).IsProblem(HttpStatusCode.InternalServerError, "internal-error");
    }

    private static async Task RefuseAsync(VaultClient admin)
    {
        using var anonymous = admin.With(null);
        (await anonymous.GetAsync("credentials/missing")).IsUnauthorized();
        using var malformed = admin.With("axv_sk_malformed");
        (await malformed.GetAsync("credentials/malformed")).IsUnauthorized();
        var gone = await admin.CreateKeyAsync();
        (await admin.DeleteAsync($"keys/{gone.Id}")).Is(HttpStatusCode.NoContent);
        using var unknown = admin.With(gone.Secret);
        (await unknown.GetAsync("credentials/unknown")).IsUnauthorized();

        using var weak = await admin.WithNewKeyAsync();
        (await weak.GetAsync($"credentials/{Forbidden}")).IsForbidden();
        (await weak.PutCredentialAsync(Forbidden)).IsForbidden();
        (await weak.GetAsync("keys")).IsForbidden();
    }
}

/// <summary>The tests that look at one and the same server.</summary>
[CollectionDefinition(nameof(TelemetryShare))]
public sealed class TelemetryShare : ICollectionFixture<TelemetryFixture>;
