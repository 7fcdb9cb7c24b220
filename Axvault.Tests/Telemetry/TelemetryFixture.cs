using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Issuer;
using Axvault.Tests.Harness.Provider;
using Axvault.Tests.Harness.Servers;
using Axvault.Tests.Refresh;

namespace Axvault.Tests.Telemetry;

/// <summary>
/// One server that met every event with telemetry once, the spans that it exported over OTLP, and its metrics for Prometheus.
/// </summary>
public sealed class TelemetryFixture(VaultGraph graph) : IAsyncLifetime
{
    /// <summary>A credential whose read refreshed it.</summary>
    public const string Refreshed = "refreshed";

    /// <summary>A credential whose refresh token the provider refuses.</summary>
    public const string Dead = "dead";

    /// <summary>A credential whose stored bytes were changed.</summary>
    public const string Tampered = "tampered";

    /// <summary>A credential with the claim of a server that was lost.</summary>
    public const string Left = "left";

    /// <summary>A credential that a key has no access to.</summary>
    public const string Forbidden = "forbidden";

    private OtlpReceiver? _receiver;
    private UpstreamDouble? _upstream;
    private RefreshLab? _lab;

    /// <summary>The server with its database, proxy and provider.</summary>
    public RefreshLab Lab => _lab!;

    /// <summary>The port of the metrics.</summary>
    public int MetricsPort { get; } = FreePort.Next();

    /// <summary>The exported spans.</summary>
    public IReadOnlyList<OtlpSpan> Spans { get; private set; } = [];

    /// <summary>The scraped metrics.</summary>
    public Scrape Scrape { get; private set; } = Scrape.Parse("# EOF\n");

    /// <summary>Returns a client of the metrics port.</summary>
    public VaultClient Scraper() => new(new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{MetricsPort}")), null) { IsOfTheApi = false };

    /// <summary>
    /// Returns the spans of the single request with <paramref name="method"/> for <paramref name="credential"/> and this <paramref name="status"/>.
    /// </summary>
    public IReadOnlyList<OtlpSpan> Trace(string method, string credential, HttpStatusCode status)
    {
        var root = Assert.Single(Spans, span =>
            span.Kind == OtlpSpan.Server
            && span.Attributes["http.request.method"] == method
            && span.Attributes["url.path"] == $"/api/v1/credentials/{credential}"
            && span.Attributes["http.response.status_code"] == ((int)status).ToString(CultureInfo.InvariantCulture)
        );
        return [.. Spans.Where(span => span.TraceId == root.TraceId)];
    }

    public async ValueTask InitializeAsync()
    {
        _receiver = await OtlpReceiver.StartAsync();
        _upstream = await UpstreamDouble.StartAsync();
        _lab = await RefreshLab.StartAsync(
            graph,
            1,
            [
                ("AXVAULT_UPSTREAM_ANTHROPIC_URL", _upstream.Url),
                ("AXVAULT_METRICS_PORT", MetricsPort.ToString(CultureInfo.InvariantCulture)),
                .. _receiver.Variables.Select(static variable => (variable.Key, variable.Value)),
            ]
        );
        using var admin = _lab.Admin();
        await RefreshAsync(admin);
        await RefuseAsync(admin);
        await ExchangeAsync(admin);
        await BrokeredCalls.MakeAsync(admin, Lab.Servers[0].Address, _upstream);

        using var scraper = Scraper();
        await scraper.GetAsync("/metrics");
        await admin.GetAsync("/alive");

        // Spans are exported in order, so the earlier ones have come when the span of this request has.
        (await admin.GetAsync("credentials/the-last")).IsNotFound();
        await Until.HoldsAsync(
            () => _receiver.Spans.Any(static span => span.Attributes.GetValueOrDefault("url.path") == "/api/v1/credentials/the-last"),
            "the spans have come"
        );
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

        if (_upstream is not null)
        {
            await _upstream.DisposeAsync();
        }
    }

    private async Task RefreshAsync(VaultClient admin)
    {
        await Lab.PutDueAsync(Refreshed);
        // The server has not cached this key, so it queries the database.
        using var reader = await admin.WithNewKeyAsync(read: [Refreshed]);
        Assert.Equal("true", (await reader.GetAsync($"credentials/{Refreshed}")).Is(HttpStatusCode.OK).Headers["X-Axvault-Refreshed"]);

        var dead = await Lab.PutDueAsync(Dead);
        Lab.Proxy.Decide(request => request.RefreshToken == dead.RefreshToken ? Fault.Error("invalid_grant") : null);
        Assert.Equal("true", (await admin.GetAsync($"credentials/{Dead}")).Is(HttpStatusCode.OK).Headers["X-Axvault-Refresh-Failed"]);

        await Lab.PutDueAsync(Left);
        await DatabaseContents.ExecuteAsync(
            Lab.ConnectionString,
            $"""
            insert into axvault.credential_refresh as r (version_id, revision, seq, claim, claimed_at, claimed_until)
            select v.id, v.revision, 1, gen_random_uuid(), clock_timestamp(), clock_timestamp() + interval '300 milliseconds'
            from axvault.credential c join axvault.credential_version v on v.id = c.version_id
            where c.name = '{Left}'
            on conflict (version_id) do update
            set seq = r.seq + 1, claim = excluded.claim, claimed_at = excluded.claimed_at, claimed_until = excluded.claimed_until
            """
        );
        Assert.Equal("true", (await admin.GetAsync($"credentials/{Left}")).Is(HttpStatusCode.OK).Headers["X-Axvault-Refresh-Failed"]);

        (await admin.PutCredentialAsync(Tampered)).Is(HttpStatusCode.Created);
        await DatabaseContents.ExecuteAsync(
            Lab.ConnectionString,
            $"update axvault.credential_version set envelope = set_byte(envelope, 70, get_byte(envelope, 70) # 1) where name = '{Tampered}'"
        );
        (await admin.GetAsync($"credentials/{Tampered}")).IsProblem(HttpStatusCode.InternalServerError, "internal-error");
    }

    private static async Task ExchangeAsync(VaultClient admin)
    {
        // A private address is not fetched.
        (await admin.PutAsync("issuers/private", """{"issuer":"https://127.0.0.1"}""")).Is(HttpStatusCode.Created);
        using var key = SigningKey.Ec();
        (await admin.PutAsync("issuers/inline", new JsonObject { ["issuer"] = "inline", ["jwks"] = key.ToJwks() }.ToJsonString())).Is(HttpStatusCode.Created);
        (await admin.PutAsync("rules/told", """{"issuer":"inline","audience":"v","subject":"job:told","readAccess":["told"]}""")).Is(HttpStatusCode.Created);
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var claims = new JsonObject
        {
            ["iss"] = "inline",
            ["aud"] = "v",
            ["sub"] = "job:told",
            ["iat"] = now,
            ["exp"] = now + 300,
        };
        using var anonymous = admin.With(null);
        foreach (var status in (HttpStatusCode[])[HttpStatusCode.OK, HttpStatusCode.BadRequest])
        {
            // The second time, the token was used.
            using var form = new FormUrlEncodedContent(
                new Dictionary<string, string>
                {
                    ["grant_type"] = "urn:ietf:params:oauth:grant-type:jwt-bearer",
                    ["assertion"] = key.Sign(claims),
                    ["client_id"] = "told",
                }
            );
            (await anonymous.SendAsync(HttpMethod.Post, "token", form)).Is(status);
        }
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

/// <summary>The tests that share the server of <see cref="TelemetryFixture"/>.</summary>
[CollectionDefinition(nameof(TelemetryShare))]
public sealed class TelemetryShare : ICollectionFixture<TelemetryFixture>;
