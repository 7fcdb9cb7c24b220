using System.Net;
using System.Text.Json.Nodes;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Deployment;

/// <summary>A job of a CI with an identity, and a vault that has its issuer.</summary>
public abstract class IdentityJobTest(VaultFixture vault) : IClassFixture<VaultFixture>, IAsyncLifetime
{
    private const string Token = "sk-ant-oat-of-a-job";

    private JobIdentity? _identity;

    /// <summary>The machine of the job.</summary>
    private protected CiRunner Runner { get; } = new();

    /// <summary>The identity service of the job.</summary>
    private protected JobIdentity Identity => _identity!;

    /// <summary>The address of the vault.</summary>
    private protected Uri Vault => vault.Server.Address;

    /// <summary>The address of the vault as a job has it, which is the audience of its tokens.</summary>
    private protected string Url => Vault.GetLeftPart(UriPartial.Authority);

    public async ValueTask InitializeAsync()
    {
        _identity = await JobIdentity.StartAsync();
        var put = await vault.Admin.PutAsync("issuers/github", Identity.ToIssuer());
        Assert.True(put.Status is HttpStatusCode.OK or HttpStatusCode.Created, put.Text);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        Runner.Dispose();
        await Identity.DisposeAsync();
    }

    /// <summary>Asserts that no secret of the job was on a command line.</summary>
    private protected void AssertNoSecretInCommands() =>
        Assert.All(["axv_sk_", Token, .. Identity.Secrets], secret => Assert.DoesNotContain(secret, Runner.Commands, StringComparison.Ordinal));

    /// <summary>Asserts the status of a read with the key.</summary>
    private protected async Task AnswersAsync(string key, string name, HttpStatusCode status)
    {
        using var client = vault.Server.Client(key);
        (await client.GetAsync($"credentials/{name}")).Is(status);
    }

    /// <summary>Asserts that a rule has no key any more, and that the audit log names rule and subject for all that its one key did.</summary>
    private protected async Task HasEndedAsync(string rule, params string[] actions)
    {
        Assert.Empty(await KeysAsync(rule));
        var entries = (await vault.Admin.GetAsync("audit?limit=1000")).Is(HttpStatusCode.OK).Json.GetProperty("entries").EnumerateArray().ToList();
        var words = $"rule {rule}, issuer {JobIdentity.Issuer}, subject {JobIdentity.Subject}";
        var exchange = Assert.Single(entries, entry => entry.TryGetProperty("reason", out var reason) && reason.GetString() == words);
        Assert.Equal(("token.exchange", "success"), (exchange.GetProperty("action").GetString(), exchange.GetProperty("outcome").GetString()));
        var key = exchange.GetProperty("target").GetString();
        var made = entries.Where(entry => entry.TryGetProperty("keyId", out var id) && id.GetString() == key).Reverse().ToList();
        Assert.Equal([.. actions, "key.delete"], made.Select(static entry => entry.GetProperty("action").GetString()));
        Assert.All(made, entry => Assert.Equal($"{rule}: {JobIdentity.Subject}", entry.GetProperty("keyName").GetString()));
    }

    /// <summary>Returns the ids of the keys that a rule has issued.</summary>
    private protected async Task<IReadOnlyList<string>> KeysAsync(string rule) =>
        [
            .. (await vault.Admin.GetAsync("keys?issued=true"))
                .Is(HttpStatusCode.OK)
                .Json.GetProperty("keys")
                .EnumerateArray()
                .Where(key => key.TryGetProperty("rule", out var of) && of.GetString() == rule)
                .Select(static key => key.GetProperty("id").GetString()!),
        ];

    /// <summary>Makes a rule that lets the job read a credential, and returns its name.</summary>
    private protected async Task<string> PutRuleAsync(string readAccess, string? audience = null)
    {
        var name = $"rule-{Guid.NewGuid():N}";
        var rule = new JsonObject
        {
            ["issuer"] = "github",
            ["audience"] = audience ?? Url,
            ["subject"] = JobIdentity.Subject,
            ["claims"] = new JsonObject { ["repository_id"] = "123", ["repository_owner_id"] = "45" },
            ["readAccess"] = new JsonArray(readAccess),
        };
        (await vault.Admin.PutAsync($"rules/{name}", rule.ToJsonString())).Is(HttpStatusCode.Created);
        return name;
    }

    /// <summary>Puts a token of Claude Code, and returns the name of the credential.</summary>
    private protected async Task<string> PutTokenAsync()
    {
        var name = $"job-{Guid.NewGuid():N}";
        const string token = $$$"""{"type":"oauth-token","agent":"claude","data":{"accessToken":"{{{Token}}}"}}""";
        (await vault.Admin.PutAsync($"credentials/{name}", token)).Is(HttpStatusCode.Created);
        return name;
    }
}
