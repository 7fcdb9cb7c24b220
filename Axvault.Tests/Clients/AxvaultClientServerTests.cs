using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Axvault.Client;
using Axvault.Tests.Harness.Leaks;
using Axvault.Tests.Harness.Servers;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Axvault.Tests.Clients;

/// <summary>The client library against a server.</summary>
public sealed class AxvaultClientServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Credentials_go_through_every_call()
    {
        using var connection = Connect(vault.Admin.Secret!);
        var credentials = connection.Client.Credentials;

        var stored = await credentials.PutAsync("lib.every", Key("sk-1"), PutCondition.IsAbsent, cancellationToken: CancellationToken);
        Assert.Equal("lib.every", stored.Name);
        var conflict = await Assert.ThrowsAsync<AxvaultException>(() =>
            credentials.PutAsync("lib.every", Key("sk-2"), PutCondition.IsAbsent, cancellationToken: CancellationToken)
        );
        Assert.Equal(AxvaultError.Conflict, conflict.Error);
        var read = await credentials.ReadAsync("lib.every", CancellationToken);
        Assert.Equal(("sk-1", "sk-1"), (read.RevealAccessToken(), read.RevealData().GetProperty("apiKey").GetString()));
        await credentials.PutAsync("lib.every", Key("sk-2"), PutCondition.Is(read.ETag!), cancellationToken: CancellationToken);

        var version = Assert.Single(await credentials.ListVersionsAsync("lib.every", CancellationToken));
        await credentials.RestoreAsync("lib.every", version.Version, cancellationToken: CancellationToken);
        Assert.Equal("sk-1", (await credentials.ReadAsync("lib.every", CancellationToken)).RevealAccessToken());
        await credentials.DeleteAsync("lib.every", cancellationToken: CancellationToken);
        Assert.Null(await credentials.FindAsync("lib.every", CancellationToken));
        Assert.Contains(await credentials.ListAsync(deleted: true, CancellationToken).ToListAsync(CancellationToken), static one => one.Name == "lib.every");
        await credentials.UndeleteAsync("lib.every", cancellationToken: CancellationToken);
        Assert.Equal("api-key", (await credentials.FindAsync("lib.every", CancellationToken))!.Type);
        var refused = await Assert.ThrowsAsync<AxvaultException>(() => credentials.RefreshAsync("lib.every", cancellationToken: CancellationToken));
        Assert.Equal(AxvaultError.Conflict, refused.Error);
    }

    [Fact]
    public async Task A_list_has_every_page()
    {
        using var connection = Connect(vault.Admin.Secret!);
        var names = Enumerable.Range(0, 1100).Select(static number => $"page.{number:0000}").ToList();
        await Parallel.ForEachAsync(names, CancellationToken, async (name, _) => (await vault.Admin.PutCredentialAsync(name)).Is(HttpStatusCode.Created));

        var listed = await connection.Client.Credentials.ListAsync(cancellationToken: CancellationToken).ToListAsync(CancellationToken);

        Assert.Equal(names, listed.Select(static one => one.Name).Where(static name => name.StartsWith("page.", StringComparison.Ordinal)));
        Assert.Equal("page.0777", (await connection.Client.Credentials.FindAsync("page.0777", CancellationToken))!.Name);
        Assert.Null(await connection.Client.Credentials.FindAsync("page.07770", CancellationToken));
    }

    [Fact]
    public async Task Credentials_are_selected_ordered_and_paged()
    {
        using var connection = Connect(vault.Admin.Secret!);
        var credentials = connection.Client.Credentials;
        foreach (var (name, provider) in new[] { ("sel.a", "two"), ("sel.b", "one"), ("sel.c", "two") })
        {
            (
                await vault.Admin.PutAsync($"credentials/{name}", $$"""{"type":"oauth-token","data":{"accessToken":"t-{{name}}"},"provider":"{{provider}}"}""")
            ).Is(HttpStatusCode.Created);
        }

        var query = new CredentialQuery { Text = "SEL.", Type = CredentialTypes.OAuthToken, Status = "none", Sort = "-provider" };
        var first = await credentials.ListPageAsync(query, limit: 2, cancellationToken: CancellationToken);
        Assert.Equal(["sel.a", "sel.c"], first.Credentials.Select(static one => one.Name));
        var second = await credentials.ListPageAsync(query, limit: 2, first.NextCursor, CancellationToken);
        Assert.Equal(("sel.b", null), (Assert.Single(second.Credentials).Name, second.NextCursor));
        Assert.Equal(
            ["sel.a", "sel.c"],
            await credentials
                .ListAsync(query with { Provider = "two" }, CancellationToken)
                .Select(static one => one.Name)
                .ToListAsync(CancellationToken)
        );
        using (var reader = await vault.Admin.WithNewKeyAsync(read: ["sel.*"]))
        using (var own = Connect(reader.Secret!))
        {
            var overview = await own.Client.Credentials.OverviewAsync(CancellationToken);
            Assert.Equal((3, 3, 0), (overview.Credentials, overview.ByType[CredentialTypes.OAuthToken], overview.Expiries.Count));
        }

        Assert.Null(await credentials.FindAsync("no name at all", CancellationToken));
        var refused = await Assert.ThrowsAsync<AxvaultException>(() =>
            credentials.ListPageAsync(query, 1, "sel.gone", CancellationToken)
        );
        Assert.Equal("cursor", Assert.Single(refused.Errors.Keys));
    }

    [Fact]
    public async Task Audit_entries_are_paged_and_use_and_servers_are_read()
    {
        using var connection = Connect(vault.Admin.Secret!);
        (await vault.Admin.PutCredentialAsync("paged")).Is(HttpStatusCode.Created);
        await connection.Client.Credentials.ReadAsync("paged", CancellationToken);

        var query = new AuditQuery { Credential = "paged" };
        var newest = await connection.Client.Audit.ListPageAsync(query, limit: 1, cancellationToken: CancellationToken);
        Assert.Equal("credential.read", Assert.Single(newest.Entries).Action);
        var older = await connection.Client.Audit.ListPageAsync(query, limit: 1, newest.NextCursor, CancellationToken);
        Assert.Equal(("credential.put", null), (Assert.Single(older.Entries).Action, older.NextCursor));

        var counts = await connection.Client.Audit.CountsAsync(new AuditCountQuery { Credential = "paged", By = "day" }, CancellationToken);
        Assert.Equal(("day", 2, 1), (counts.By, counts.Counts.Sum(static count => count.Success), counts.Counts.Sum(static count => count.Reads)));

        var fleet = await connection.Client.Servers.ReadAsync(CancellationToken);
        Assert.Equal(("ok", true, null), (fleet.Audit.State, Assert.Single(fleet.Servers).This, fleet.Rotation));

        var day = new DateOnly(2026, 1, 2);
        var usage = await connection.Client.Usage.ReadAsync("model", day, day, CancellationToken);
        Assert.Equal(("model", day, 0), (usage.By, usage.To, usage.Usage.Count));
    }

    [Theory]
    [InlineData("claude", null, CredentialTypes.OAuthCredentials, "restricted")]
    [InlineData("codex", null, CredentialTypes.OAuthCredentials, "personal")]
    [InlineData(null, "openai", CredentialTypes.OAuthToken, "automation")]
    [InlineData(null, null, CredentialTypes.ApiKey, "automation")]
    public void The_permitted_use_follows_from_provider_or_agent(string? agent, string? provider, string type, string permission)
    {
        var credential = new Credential
        {
            Name = "c",
            Agent = agent,
            Provider = provider,
            Type = type,
            CreatedAt = default,
            UpdatedAt = default,
        };

        Assert.Equal(permission, PermittedUse.Of(credential).Name);
    }

    [Fact]
    public async Task Keys_and_the_audit_log_go_through_every_call()
    {
        using var connection = Connect(vault.Admin.Secret!);
        var keys = connection.Client.Keys;

        var created = await keys.CreateAsync(new NewApiKey("lib") { ReadAccess = ["a.*"], AllowedCidrs = ["127.0.0.0/8"] }, CancellationToken);
        LeakWatch.Secrets.Add(created.RevealSecret(), SecretKind.CreatedKey);
        Assert.DoesNotContain(created.RevealSecret(), created.ToString(), StringComparison.Ordinal);
        Assert.Contains(await keys.ListAsync(cancellationToken: CancellationToken), key => key.Id == created.Id);
        var changed = await keys.UpdateAsync(created.Id, new ApiKeyChange { ReadAccess = ["b"] }, cancellationToken: CancellationToken);
        Assert.Equal(("b", "lib"), (Assert.Single(changed.ReadAccess), changed.Name));
        var expiry = new DateTimeOffset(2100, 1, 2, 3, 4, 5, TimeSpan.Zero);
        Assert.Equal(expiry, (await keys.UpdateAsync(created.Id, new ApiKeyChange { ExpiresAt = expiry }, cancellationToken: CancellationToken)).ExpiresAt);
        Assert.Null((await keys.UpdateAsync(created.Id, new ApiKeyChange { NeverExpires = true }, cancellationToken: CancellationToken)).ExpiresAt);
        var rotated = await keys.RotateAsync(created.Id, TimeSpan.Zero, CancellationToken);
        LeakWatch.Secrets.Add(rotated.RevealSecret(), SecretKind.CreatedKey);
        using (var own = Connect(rotated.RevealSecret()))
        {
            var self = await own.Client.Keys.ReadSelfAsync(CancellationToken);
            Assert.Equal((created.Id, "127.0.0.0/8"), (self.Id, Assert.Single(self.AllowedCidrs)));
            Assert.Matches(@"^[0-9]+\.[0-9]+\.[0-9]+$", self.ServerVersion);
            Assert.Equal(
                AxvaultError.Forbidden,
                (await Assert.ThrowsAsync<AxvaultException>(() => own.Client.Keys.ListAsync(cancellationToken: CancellationToken))).Error
            );
        }

        Assert.Empty(await keys.ListUnreadableAsync(CancellationToken));
        await DatabaseContents.ExecuteAsync(vault.ConnectionString, "update axvault.api_key set mac = null where id = $1", created.Id);
        Assert.Equal([created.Id], await keys.ListUnreadableAsync(CancellationToken));
        await keys.DeleteAsync(created.Id, cancellationToken: CancellationToken);
        Assert.Equal(AxvaultError.NotFound, (await Assert.ThrowsAsync<AxvaultException>(() => keys.ReadAsync(created.Id, CancellationToken))).Error);
        var entries = await connection
            .Client.Audit.ListAsync(new AuditQuery { Action = "key.rotate", Since = DateTimeOffset.UtcNow.AddHours(-1) }, CancellationToken)
            .ToListAsync(CancellationToken);
        Assert.Contains(entries, entry => entry.Target == created.Id && entry.Outcome == "success");
        Assert.True((await connection.Client.Audit.VerifyAsync(cancellationToken: CancellationToken)).Valid);
    }

    [Fact]
    public async Task Rules_and_issuers_go_through_every_call_and_keep_every_member()
    {
        using var connection = Connect(vault.Admin.Secret!);
        var (issuers, rules) = (connection.Client.Issuers, connection.Client.Rules);
        var settings = new WorkloadIssuerSettings { Issuer = "https://lib.example", Jwks = PublicKeys() };
        var issuer = await issuers.PutAsync("lib", settings, CancellationToken);
        Assert.Equal("https://lib.example", (await issuers.PutAsync("lib", issuer, CancellationToken)).Issuer);

        var wanted = new WorkloadRuleSettings
        {
            Issuer = "lib",
            Audience = "vault",
            Subject = "repo:o/r:ref:refs/heads/main",
            Claims = new Dictionary<string, IReadOnlyList<string>> { ["repository_id"] = ["1"] },
            ReadAccess = ["a"],
            WriteAccess = ["b"],
            GrantAccess = ["c"],
            UseAccess = ["d"],
            RequestsPerMinute = 5,
            TokensPerDay = 7,
            TtlSeconds = 90,
            MaxKeys = 3,
            AllowedCidrs = ["127.0.0.0/8"],
        };
        await rules.PutAsync("lib-rule", wanted, CancellationToken);
        var kept = await rules.PutAsync("lib-rule", await rules.ReadAsync("lib-rule", CancellationToken), CancellationToken);

        Assert.All(
            typeof(WorkloadRuleSettings).GetProperties().Where(static member => member.Name != nameof(WorkloadRuleSettings.Events)),
            member => Assert.Equivalent(member.GetValue(wanted), member.GetValue(kept), strict: true)
        );
        await rules.DeleteAsync("lib-rule", CancellationToken);
        await issuers.DeleteAsync("lib", CancellationToken);
        Assert.DoesNotContain(await issuers.ListAsync(CancellationToken), static one => one.Name == "lib");
    }

    [Fact]
    public async Task A_wrong_field_is_named_and_a_dead_key_is_unauthorized()
    {
        using var connection = Connect(vault.Admin.Secret!);
        var wrong = await Assert.ThrowsAsync<AxvaultException>(() =>
            connection.Client.Keys.CreateAsync(new NewApiKey("lib") { AllowedCidrs = ["nowhere"] }, CancellationToken)
        );
        Assert.Equal((AxvaultError.InvalidRequest, "allowedCidrs"), (wrong.Error, Assert.Single(wrong.Errors.Keys)));

        using var unknown = Connect("axv_sk_unknown");
        Assert.Equal(
            AxvaultError.Unauthorized,
            (await Assert.ThrowsAsync<AxvaultException>(() => unknown.Client.Credentials.ReadAsync("x", CancellationToken))).Error
        );
    }

    [Theory]
    [InlineData("ConnectionStrings:vault", "Endpoint={0};Key={1}")]
    [InlineData("Axvault:Url", "{0}", "Axvault:ApiKey", "{1}")]
    public async Task An_app_is_configured_by_connection_string_or_section(params string[] settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(
                settings.Chunk(2).Select(pair => KeyValuePair.Create(pair[0], (string?)string.Format(null, pair[1], vault.Server.Address, vault.Admin.Secret)))
            )
            .Build();
        await using var services = new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddAxvaultClient().Services.BuildServiceProvider();

        Assert.Equal("Bootstrap Admin", (await services.GetRequiredService<AxvaultClient>().Keys.ReadSelfAsync(CancellationToken)).Name);
    }

    [Fact]
    public async Task A_read_is_sent_again_and_a_change_is_not()
    {
        var answers = 0;
        await using var upstream = await Upstream.StartAsync(_ => Interlocked.Increment(ref answers) % 2 == 1 ? 503 : 404);
        using var connection = AxvaultClient.Connect(new AxvaultClientOptions { Url = upstream.Address, ApiKey = "axv_sk_x" });

        await Assert.ThrowsAsync<AxvaultException>(() => connection.Client.Keys.ReadSelfAsync(CancellationToken));
        Assert.Equal(["GET", "GET"], upstream.Requests.Select(static request => request.Method));
        answers = 0;
        upstream.Requests.Clear();
        var refused = await Assert.ThrowsAsync<AxvaultException>(() => connection.Client.Credentials.RefreshAsync("x", cancellationToken: CancellationToken));
        Assert.Equal((AxvaultError.Unavailable, 1), (refused.Error, upstream.Requests.Count));
    }

    [Fact]
    public void No_secret_is_printed()
    {
        using var document = JsonDocument.Parse("""{"apiKey":"canary-printed"}""");
        object[] secrets = [new CredentialContent(CredentialTypes.ApiKey, document.RootElement), new AxvaultClientOptions { ApiKey = "canary-printed" }];

        Assert.All(secrets, static secret => Assert.DoesNotContain("canary", secret.ToString(), StringComparison.Ordinal));
        Assert.DoesNotContain(
            "canary",
            Assert.Throws<AxvaultException>(() => new AxvaultClientOptions().ReadConnectionString("canary-printed")).ToString(),
            StringComparison.Ordinal
        );
    }

    private AxvaultConnection Connect(string secret) => AxvaultClient.Connect(new AxvaultClientOptions { Url = vault.Server.Address, ApiKey = secret });

    private static JsonElement PublicKeys()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        var (x, y) = (Base64Url.EncodeToString(point.X), Base64Url.EncodeToString(point.Y));
        using var document = JsonDocument.Parse($$"""{"keys":[{"kty":"EC","crv":"P-256","kid":"1","x":"{{x}}","y":"{{y}}"}]}""");
        return document.RootElement.Clone();
    }

    private static CredentialContent Key(string key)
    {
        LeakWatch.Secrets.Add(key, SecretKind.SentKey);
        using var document = JsonDocument.Parse($$"""{"apiKey":"{{key}}"}""");
        return new CredentialContent(CredentialTypes.ApiKey, document.RootElement.Clone());
    }
}
