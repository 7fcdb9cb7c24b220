using System.Net;
using System.Text.Json.Nodes;
using Axvault.Tests.Harness.Issuer;

namespace Axvault.Tests.Federation;

/// <summary>Tokens of workloads, and the keys that they are exchanged for.</summary>
public sealed class ExchangeServerTests(WorkloadFleet fleet) : IClassFixture<WorkloadFleet>
{
    [Fact]
    public async Task A_token_is_exchanged_for_a_key_with_the_rights_of_the_rule()
    {
        var rule = await fleet.RuleAsync(body => (body["readAccess"], body["ttlSeconds"]) = (new JsonArray("claude"), 120));

        var answer = await fleet.ExchangeAsync(rule, fleet.Token());

        answer.Is(HttpStatusCode.OK);
        Assert.Equal("application/json", answer.ContentType);
        Assert.Equal("no-store", answer.Headers["Cache-Control"]);
        Assert.Equal(["access_token", "expires_in", "issued_token_type", "token_type"], answer.Members.Order(StringComparer.Ordinal));
        Assert.Matches("^axv_sk_[0-9A-Za-z]{49}$", answer.Json.GetProperty("access_token").GetString());
        Assert.Equal("Bearer", answer.Json.GetProperty("token_type").GetString());
        Assert.Equal("urn:ietf:params:oauth:token-type:access_token", answer.Json.GetProperty("issued_token_type").GetString());
        Assert.Equal(120, answer.Json.GetProperty("expires_in").GetInt32());
        foreach (var admin in fleet.Admins)
        {
            using var job = admin.With(answer.Json.GetProperty("access_token").GetString());
            (await job.GetAsync("credentials/claude")).Is(HttpStatusCode.OK);
            (await job.GetAsync("credentials/other")).IsForbidden();
            (await job.PutCredentialAsync("claude")).IsForbidden();
            (await job.PostAsync("keys", """{"name":"another"}""")).IsForbidden();
        }
    }

    [Fact]
    public async Task A_jwt_grant_is_the_same_as_a_token_exchange()
    {
        var rule = await fleet.RuleAsync();

        var answer = await fleet.ExchangeAsync(
            0,
            new()
            {
                ["grant_type"] = "urn:ietf:params:oauth:grant-type:jwt-bearer",
                ["assertion"] = fleet.Token(),
                ["rule"] = rule,
            }
        );

        answer.Is(HttpStatusCode.OK);
        using var job = fleet.Admin.With(answer.Json.GetProperty("access_token").GetString());
        (await job.GetAsync("credentials/claude")).Is(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("RS256")]
    [InlineData("RS384")]
    [InlineData("RS512")]
    [InlineData("PS256")]
    [InlineData("PS384")]
    [InlineData("PS512")]
    [InlineData("ES256")]
    [InlineData("ES384")]
    [InlineData("ES512")]
    public async Task A_signature_of_every_algorithm_is_verified(string algorithm)
    {
        using var key = algorithm[0] == 'E' ? SigningKey.Ec("k", algorithm) : SigningKey.Rsa("k", algorithm);
        using var other = algorithm[0] == 'E' ? SigningKey.Ec("k", algorithm) : SigningKey.Rsa("k", algorithm);
        var name = $"inline-{algorithm}";
        var issuer = $"https://{name}.example.com";
        var body = new JsonObject { ["issuer"] = issuer, ["jwks"] = key.ToJwks(), ["algorithms"] = new JsonArray(algorithm) };
        (await fleet.Admin.PutAsync($"issuers/{name}", body.ToJsonString())).Is(HttpStatusCode.Created);
        var rule = await fleet.RuleAsync(body => body["issuer"] = name);
        var claims = fleet.Issuer.Claims(WorkloadFleet.Audience, WorkloadFleet.Subject);
        claims["iss"] = issuer;

        await fleet.IsDeniedAsync(rule, other.Sign(claims), "signature");
        (await fleet.ExchangeAsync(rule, key.Sign(claims))).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task An_issued_key_is_shown_only_to_those_who_ask_for_issued_keys()
    {
        var rule = await fleet.RuleAsync();
        using var job = await fleet.KeyAsync(rule);

        var entry = await fleet.AuditedAsync(rule);
        var id = entry.GetProperty("target").GetString()!;
        Assert.Equal("success", entry.GetProperty("outcome").GetString());
        Assert.DoesNotContain(id, (await fleet.Admin.GetAsync("keys")).Is(HttpStatusCode.OK).Text, StringComparison.Ordinal);
        var shown = (await fleet.Admin.GetAsync("keys?issued=true"))
            .Is(HttpStatusCode.OK)
            .Json.GetProperty("keys")
            .EnumerateArray()
            .Single(key => key.GetProperty("id").GetString() == id);
        Assert.Equal(rule, shown.GetProperty("rule").GetString());
        Assert.Equal(WorkloadFleet.Subject, shown.GetProperty("subject").GetString());
        Assert.True(shown.TryGetProperty("expiresAt", out _));
        Assert.Equal(rule, (await fleet.Admin.GetAsync($"keys/{id}")).Is(HttpStatusCode.OK).Json.GetProperty("rule").GetString());
    }

    [Fact]
    public async Task Every_audit_entry_made_with_an_issued_key_names_rule_and_subject()
    {
        var rule = await fleet.RuleAsync();
        using var job = await fleet.KeyAsync(rule);
        (await job.GetAsync("credentials/claude")).Is(HttpStatusCode.OK);
        (await job.PutCredentialAsync("claude")).IsForbidden();

        var id = (await fleet.AuditedAsync(rule)).GetProperty("target").GetString();
        var entries = (await fleet.Admin.GetAsync($"audit?key={id}")).Is(HttpStatusCode.OK).Json.GetProperty("entries");
        var made = entries.EnumerateArray().Where(entry => entry.TryGetProperty("keyId", out var key) && key.GetString() == id).ToList();
        Assert.Equal(2, made.Count);
        Assert.All(made, entry => Assert.Equal($"{rule}: {WorkloadFleet.Subject}", entry.GetProperty("keyName").GetString()));
    }

    [Fact]
    public async Task A_job_ends_its_own_key_on_every_server()
    {
        var rule = await fleet.RuleAsync();
        using var job = await fleet.KeyAsync(rule);
        var jobs = fleet.Admins.Select(admin => admin.With(job.Secret)).ToList();
        Assert.All(await Task.WhenAll(jobs.Select(static one => one.GetAsync("credentials/claude"))), static answer => answer.Is(HttpStatusCode.OK));

        (await job.DeleteAsync("keys/self")).Is(HttpStatusCode.NoContent);

        Assert.All(await Task.WhenAll(jobs.Select(static one => one.GetAsync("credentials/claude"))), static answer => answer.IsUnauthorized());
    }

    [Fact]
    public async Task An_issued_key_is_neither_changed_nor_rotated()
    {
        var rule = await fleet.RuleAsync();
        using var job = await fleet.KeyAsync(rule);
        var id = (await fleet.AuditedAsync(rule)).GetProperty("target").GetString();

        (await fleet.Admin.PatchAsync($"keys/{id}", """{"writeAccess":["*"]}""")).IsProblem(HttpStatusCode.Conflict, "conflict");
        (await fleet.Admin.PostAsync($"keys/{id}/rotate", "{}")).IsProblem(HttpStatusCode.Conflict, "conflict");
        (await job.PostAsync($"keys/{id}/rotate", "{}")).IsProblem(HttpStatusCode.Conflict, "conflict");
        (await fleet.Admin.DeleteAsync($"keys/{id}")).Is(HttpStatusCode.NoContent);
    }

    [Theory]
    [InlineData("change the rule")]
    [InlineData("delete the rule")]
    [InlineData("change the issuer")]
    [InlineData("delete the issuer")]
    public async Task A_change_of_rule_or_issuer_ends_its_keys_at_once_on_every_server(string change)
    {
        using var key = SigningKey.Ec();
        var issuer = $"issuer-{Guid.NewGuid():N}";
        string Body(string algorithm) =>
            new JsonObject
            {
                ["issuer"] = $"https://{issuer}.example.com",
                ["jwks"] = key.ToJwks(),
                ["algorithms"] = new JsonArray("ES256", algorithm),
            }.ToJsonString();
        (await fleet.Admin.PutAsync($"issuers/{issuer}", Body("ES384"))).Is(HttpStatusCode.Created);
        var rule = await fleet.RuleAsync(body => body["issuer"] = issuer);
        var claims = fleet.Issuer.Claims(WorkloadFleet.Audience, WorkloadFleet.Subject);
        claims["iss"] = $"https://{issuer}.example.com";
        using var job = await fleet.KeyAsync(rule, key.Sign(claims));
        var jobs = fleet.Admins.Select(admin => admin.With(job.Secret)).ToList();
        for (var i = 0; i < 3; i++)
        {
            Assert.All(await Task.WhenAll(jobs.Select(static one => one.GetAsync("credentials/claude"))), static answer => answer.Is(HttpStatusCode.OK));
        }

        // The same again is no change.
        (await fleet.Admin.PutAsync($"issuers/{issuer}", Body("ES384"))).Is(HttpStatusCode.OK);
        (await fleet.Admin.PutAsync($"rules/{rule}", WorkloadFleet.Rule(body => body["issuer"] = issuer).ToJsonString())).Is(HttpStatusCode.OK);
        Assert.All(await Task.WhenAll(jobs.Select(static one => one.GetAsync("credentials/claude"))), static answer => answer.Is(HttpStatusCode.OK));

        var answer = change switch
        {
            "change the rule" => await fleet.Admins[1]
                .PutAsync($"rules/{rule}", WorkloadFleet.Rule(body => (body["issuer"], body["ttlSeconds"]) = (issuer, 60)).ToJsonString()),
            "delete the rule" => await fleet.Admins[1].DeleteAsync($"rules/{rule}"),
            "change the issuer" => await fleet.Admins[1].PutAsync($"issuers/{issuer}", Body("ES512")),
            _ => await fleet.Admins[1].DeleteAsync($"issuers/{issuer}"),
        };

        Assert.True(answer.Status is HttpStatusCode.OK or HttpStatusCode.NoContent, answer.Text);
        Assert.All(await Task.WhenAll(jobs.Select(static one => one.GetAsync("credentials/claude"))), static answer => answer.IsUnauthorized());
    }

    [Fact]
    public async Task A_rule_with_as_many_keys_as_it_may_have_says_when_to_retry()
    {
        var rule = await fleet.RuleAsync(static body => body["maxKeys"] = 2);
        using var first = await fleet.KeyAsync(rule);
        using var second = await fleet.KeyAsync(rule, server: 1);
        var token = fleet.Token();

        var refused = await fleet.ExchangeAsync(rule, token, server: 2);

        Assert.Equal(HttpStatusCode.TooManyRequests, refused.Status);
        Assert.Equal("temporarily_unavailable", refused.Json.GetProperty("error").GetString());
        Assert.InRange(int.Parse(refused.Headers["Retry-After"], System.Globalization.CultureInfo.InvariantCulture), 3_000, 3_600);
        // The token was not used up.
        (await first.DeleteAsync("keys/self")).Is(HttpStatusCode.NoContent);
        (await fleet.ExchangeAsync(rule, token, server: 2)).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_token_is_exchanged_once_by_all_servers_together()
    {
        var rule = await fleet.RuleAsync();
        var token = fleet.Token();

        var answers = await Task.WhenAll(Enumerable.Range(0, 30).Select(i => fleet.ExchangeAsync(rule, token, i % 3)));

        Assert.Single(answers, static answer => answer.Status == HttpStatusCode.OK);
        Assert.Equal(29, answers.Count(static answer => answer.Status == HttpStatusCode.BadRequest));
        await fleet.IsDeniedAsync(rule, token, "replayed");
    }

    [Fact]
    public async Task A_token_without_an_id_is_recognized_by_its_claims()
    {
        var rule = await fleet.RuleAsync();
        var claims = fleet.Issuer.Claims(WorkloadFleet.Audience, WorkloadFleet.Subject);
        claims.Remove("jti");

        (await fleet.ExchangeAsync(rule, fleet.Issuer.Key.Sign(claims))).Is(HttpStatusCode.OK);

        // ECDSA signs the same claims with another signature each time, and the header is another, too.
        await fleet.IsDeniedAsync(rule, fleet.Issuer.Key.Sign(claims, new JsonObject { ["typ"] = "JOSE" }), "replayed");
    }

    [Fact]
    public async Task The_same_id_of_two_issuers_is_two_tokens()
    {
        using var key = SigningKey.Ec();
        var body = new JsonObject { ["issuer"] = "https://same-id.example.com", ["jwks"] = key.ToJwks() };
        (await fleet.Admin.PutAsync("issuers/same-id", body.ToJsonString())).Is(HttpStatusCode.Created);
        var (one, other) = (await fleet.RuleAsync(), await fleet.RuleAsync(static rule => rule["issuer"] = "same-id"));
        var claims = fleet.Issuer.Claims(WorkloadFleet.Audience, WorkloadFleet.Subject);

        (await fleet.ExchangeAsync(one, fleet.Issuer.Key.Sign(claims))).Is(HttpStatusCode.OK);
        claims["iss"] = "https://same-id.example.com";
        (await fleet.ExchangeAsync(other, key.Sign(claims))).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_key_of_a_rule_with_networks_is_bound_to_them()
    {
        var elsewhere = await fleet.RuleAsync(static body => body["allowedCidrs"] = new JsonArray("192.0.2.0/24"));
        var here = await fleet.RuleAsync(static body => body["allowedCidrs"] = new JsonArray("127.0.0.0/8", "::1/128"));

        await fleet.IsDeniedAsync(elsewhere, fleet.Token(), "address");
        using var job = await fleet.KeyAsync(here);
        (await job.GetAsync("credentials/claude")).Is(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("{}", "invalid_request")]
    [InlineData("""{"grant_type":"password"}""", "unsupported_grant_type")]
    [InlineData("""{"grant_type":"urn:ietf:params:oauth:grant-type:token-exchange"}""", "invalid_request")]
    [InlineData("""{"grant_type":"urn:ietf:params:oauth:grant-type:jwt-bearer","client_id":"a"}""", "invalid_request")]
    [InlineData("""{"grant_type":"urn:ietf:params:oauth:grant-type:jwt-bearer","assertion":"a.b.c"}""", "invalid_request")]
    [InlineData("""{"grant_type":"urn:ietf:params:oauth:grant-type:jwt-bearer","assertion":"a.b.c","client_id":"a","rule":"b"}""", "invalid_request")]
    public async Task A_malformed_request_says_what_is_wrong_in_the_form_of_oauth(string form, string error)
    {
        var answer = await fleet.ExchangeAsync(0, System.Text.Json.JsonSerializer.Deserialize<Dictionary<string, string>>(form)!);

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal("application/json", answer.ContentType);
        Assert.Equal(["error", "error_description"], answer.Members);
        Assert.Equal(error, answer.Json.GetProperty("error").GetString());
    }

    [Theory]
    [InlineData("application/json", "{}", HttpStatusCode.BadRequest)]
    [InlineData("application/x-www-form-urlencoded", "grant_type=a&grant_type=b", HttpStatusCode.BadRequest)]
    [InlineData("application/x-www-form-urlencoded", "large", HttpStatusCode.RequestEntityTooLarge)]
    public async Task A_request_that_is_no_form_is_refused_in_the_form_of_oauth(string type, string body, HttpStatusCode status)
    {
        using var anonymous = fleet.Admin.With(null);
        using var content = new StringContent(body == "large" ? new string('a', 65 * 1024) : body, System.Text.Encoding.UTF8, type);

        var answer = await anonymous.SendAsync(HttpMethod.Post, "token", content);

        Assert.Equal(status, answer.Status);
        Assert.Equal("application/json", answer.ContentType);
        Assert.Equal("invalid_request", answer.Json.GetProperty("error").GetString());
    }
}
