using System.Net;
using System.Text.Json.Nodes;
using Axvault.Tests.Harness.Issuer;

namespace Axvault.Tests.Deployment;

/// <summary>
/// deploy/workload-identity on each platform: the commands of docs/ci.md make issuer and rule at a real server, a token of the workload reads a credential, and
/// the tokens nearest to it give no key.
/// </summary>
public sealed class WorkloadIdentityPlatformTests(WorkloadFleet fleet) : IClassFixture<WorkloadFleet>, IDisposable
{
    private const string Guide = "docs/ci.md";
    private const string Templates = "deploy/workload-identity";

    private readonly CiRunner _runner = new();
    private readonly SigningKey _key = SigningKey.Rsa();

    private string Url => fleet.Servers[0].Address.GetLeftPart(UriPartial.Authority);

    [Theory]
    [InlineData("github.rule.json", "repo:acme/app")]
    [InlineData("github-immutable.rule.json", "repo:acme@45/app@123")]
    public async Task A_job_of_GitHub_reads_its_credential_and_its_neighbours_do_not(string template, string repository)
    {
        _runner.AddProgram("gh", "echo '123 45'");
        var commands = Assert.Single(GuideBlocks.Read(Guide, "GitHub Actions"));
        Assert.Contains("template=github.rule.json ", commands, StringComparison.Ordinal);
        await FollowAsync(commands.Replace("template=github.rule.json ", $"template={template} ", StringComparison.Ordinal));
        Assert.Contains("gh api repos/acme/app", _runner.Commands, StringComparison.Ordinal);
        await IsTrustedAsync("github", "github-main");

        await WalksAsync(
            "github-main",
            new JsonObject
            {
                ["iss"] = "https://token.actions.githubusercontent.com",
                ["aud"] = Url,
                ["sub"] = $"{repository}:ref:refs/heads/main",
                ["repository"] = "acme/app",
                ["repository_id"] = "123",
                ["repository_owner"] = "acme",
                ["repository_owner_id"] = "45",
                ["ref"] = "refs/heads/main",
                ["ref_type"] = "branch",
                ["ref_protected"] = "true",
                ["event_name"] = "push",
                ["job_workflow_ref"] = "acme/app/.github/workflows/agent.yml@refs/heads/main",
                ["runner_environment"] = "github-hosted",
            },
            ("subject", claims => (claims["sub"], claims["ref"]) = ($"{repository}:ref:refs/heads/dev", "refs/heads/dev")),
            ("subject", claims => claims["sub"] = $"{repository}:ref:refs/tags/main"),
            ("subject", claims => claims["sub"] = $"{repository}:environment:production"),
            ("subject", claims => (claims["sub"], claims["event_name"]) = ($"{repository}:pull_request", "pull_request")),
            ("event", claims => claims["event_name"] = "pull_request_target"),
            ("event", claims => claims["event_name"] = "issue_comment"),
            ("subject", claims => (claims["sub"], claims["repository_id"]) = ("repo:mallory/app:ref:refs/heads/main", "124")),
            ("claim repository_id", claims => claims["repository_id"] = "124"),
            ("claim repository_owner_id", claims => claims["repository_owner_id"] = "46"),
            ("claim ref_protected", claims => claims["ref_protected"] = "false"),
            ("audience", claims => claims["aud"] = "https://github.com/acme")
        );
    }

    [Fact]
    public async Task A_job_of_GitLab_reads_its_credential_and_its_neighbours_do_not()
    {
        await FollowAsync(Assert.Single(GuideBlocks.Read(Guide, "GitLab")));
        await IsTrustedAsync("gitlab", "gitlab-main");

        await WalksAsync(
            "gitlab-main",
            new JsonObject
            {
                ["iss"] = "https://gitlab.acme.example",
                ["aud"] = Url,
                ["sub"] = "project_path:acme/app:ref_type:branch:ref:main",
                ["project_id"] = "123",
                ["project_path"] = "acme/app",
                ["namespace_id"] = "45",
                ["namespace_path"] = "acme",
                ["ref"] = "main",
                ["ref_type"] = "branch",
                ["ref_protected"] = "true",
                ["pipeline_source"] = "push",
                ["job_project_id"] = "123",
            },
            ("subject", claims => (claims["sub"], claims["ref"]) = ("project_path:acme/app:ref_type:branch:ref:dev", "dev")),
            ("subject", claims => claims["sub"] = "project_path:acme/app:ref_type:tag:ref:main"),
            ("subject", claims => (claims["sub"], claims["project_id"]) = ("project_path:mallory/app:ref_type:branch:ref:main", "124")),
            ("claim project_id", claims => claims["project_id"] = "124"),
            ("claim namespace_id", claims => claims["namespace_id"] = "46"),
            ("claim ref_protected", claims => claims["ref_protected"] = "false"),
            ("audience", claims => claims["aud"] = "https://gitlab.acme.example")
        );
    }

    [Fact]
    public async Task A_pod_of_Kubernetes_reads_its_credential_and_its_neighbours_do_not()
    {
        const string issuer = "https://kubernetes.default.svc.cluster.local";
        await File.WriteAllTextAsync(Path.Combine(_runner.Project, "jwks"), _key.ToJwks().ToJsonString(), TestContext.Current.CancellationToken);
        _runner.AddProgram(
            "kubectl",
            $"case $3 in /openid/v1/jwks) cat {_runner.Project}/jwks ;; /.well-known/openid-configuration) echo '{{\"issuer\":\"{issuer}\"}}' ;; esac"
        );
        await FollowAsync(Assert.Single(GuideBlocks.Read(Guide, "Kubernetes")));
        await IsTrustedAsync("kubernetes", "kubernetes-agent");

        await WalksAsync(
            "kubernetes-agent",
            new JsonObject
            {
                ["iss"] = issuer,
                ["aud"] = new JsonArray("https://axvault.axvault.svc:3847"),
                ["sub"] = "system:serviceaccount:agents:agent",
                ["kubernetes.io"] = new JsonObject
                {
                    ["namespace"] = "agents",
                    ["serviceaccount"] = new JsonObject { ["name"] = "agent", ["uid"] = "4a5b" },
                },
            },
            ("subject", claims => claims["sub"] = "system:serviceaccount:agents:default"),
            ("subject", claims => claims["sub"] = "system:serviceaccount:other:agent"),
            ("audience", claims => claims["aud"] = new JsonArray(issuer, "k3s")),
            ("audience", claims => claims.Remove("aud")),
            ("no expiry", claims => claims.Remove("exp"))
        );
    }

    [Fact]
    public async Task A_workload_of_SPIFFE_reads_its_credential_and_its_neighbours_do_not()
    {
        await FollowAsync(Assert.Single(GuideBlocks.Read(Guide, "SPIFFE")));
        await IsTrustedAsync("spiffe", "spiffe-agent");

        await WalksAsync(
            "spiffe-agent",
            new JsonObject
            {
                ["iss"] = "https://spire.acme.example",
                ["aud"] = new JsonArray(Url),
                ["sub"] = "spiffe://acme.example/ns/agents/sa/agent",
            },
            ("subject", claims => claims["sub"] = "spiffe://example.com/ns/agents/sa/agent"),
            ("subject", claims => claims["sub"] = "spiffe://acme.example/ns/agents/sa/agent/other"),
            ("subject", claims => claims["sub"] = "spiffe://acme.example/ns/agents/sa/other"),
            ("issuer", claims => claims["iss"] = "https://spire.other.example"),
            ("issuer", claims => claims.Remove("iss")),
            ("audience", claims => claims["aud"] = new JsonArray("spiffe://acme.example/ns/other/sa/service"))
        );
    }

    [Fact]
    public async Task The_tour_of_the_reference_gives_a_key_once()
    {
        var put = GuideBlocks.Read(Guide, "Set-up")[1];
        var tour = GuideBlocks.Read("docs/workload-identity.md", "Try it");
        var job = tour[^1];

        var run = await RunAsync([.. put.Split('\n').Where(static line => !line.StartsWith("cd ", StringComparison.Ordinal)), .. tour]);

        Assert.True(run.ExitCode == 0, run.Errors);
        var key = (string?)JsonNode.Parse(run.Lines[^1][run.Lines[^1].IndexOf("{\"access_token", StringComparison.Ordinal)..])!["access_token"];
        using var client = fleet.Admin.With(key);
        (await fleet.Admin.PutCredentialAsync("claude.ci")).Is(HttpStatusCode.Created);
        (await client.GetAsync("credentials/claude.ci")).Is(HttpStatusCode.OK);
        (await client.GetAsync("credentials/claude")).IsForbidden();
        Assert.Contains("invalid_grant", Assert.Single((await RunAsync([job])).Lines), StringComparison.Ordinal);
        await IsTrustedAsync("tour", "tour");
        (await fleet.Admin.DeleteAsync("issuers/tour")).Is(HttpStatusCode.NoContent);
        (await client.GetAsync("credentials/claude.ci")).IsUnauthorized();
    }

    public void Dispose()
    {
        _runner.Dispose();
        _key.Dispose();
    }

    // Runs the commands in a copy of the templates. Each issuer gets the keys of this test in place of an address that it cannot reach.
    private async Task FollowAsync(string commands)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_runner.Project, Templates)).FullName;
        foreach (var file in Directory.EnumerateFiles(DeploymentFile.PathOf(Templates)))
        {
            var template = JsonNode.Parse(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken))!.AsObject();
            if (file.EndsWith(".issuer.json", StringComparison.Ordinal))
            {
                template["jwks"] = _key.ToJwks();
            }

            var text = template.ToJsonString(new() { WriteIndented = true });
            await File.WriteAllTextAsync(Path.Combine(folder, Path.GetFileName(file)), text, TestContext.Current.CancellationToken);
        }

        var run = await RunAsync([GuideBlocks.Read(Guide, "Set-up")[1], commands]);
        Assert.True(run.ExitCode == 0, $"{run.Errors}{string.Join('\n', run.Lines)}");
    }

    private async Task<StepRun> RunAsync(IEnumerable<string> commands)
    {
        var run = await _runner.RunAsync(
            ["bash", "-e", "-o", "pipefail", "-c", string.Join('\n', commands)],
            ("AXVAULT_URL", Url),
            ("AXVAULT_API_KEY", fleet.Admin.Secret!)
        );
        Assert.DoesNotContain(fleet.Admin.Secret!, _runner.Commands, StringComparison.Ordinal);
        return run;
    }

    private async Task IsTrustedAsync(string issuer, string rule)
    {
        (await fleet.Admin.GetAsync($"issuers/{issuer}")).Is(HttpStatusCode.OK);
        var stored = (await fleet.Admin.GetAsync($"rules/{rule}")).Is(HttpStatusCode.OK);
        Assert.DoesNotContain("warnings", stored.Members);
    }

    private async Task WalksAsync(string rule, JsonObject workload, params (string Reason, Action<JsonObject> Change)[] neighbours)
    {
        await fleet.Admin.PutCredentialAsync("claude.ci");
        using (var client = await fleet.KeyAsync(rule, Mint(static _ => { })))
        {
            (await client.GetAsync("credentials/claude.ci")).Is(HttpStatusCode.OK);
            (await client.GetAsync("credentials/claude")).IsForbidden();
            (await client.DeleteAsync("keys/self")).Is(HttpStatusCode.NoContent);
        }

        foreach (var (reason, change) in neighbours)
        {
            await fleet.IsDeniedAsync(rule, Mint(change), reason);
        }

        string Mint(Action<JsonObject> change)
        {
            var claims = workload.DeepClone().AsObject();
            var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
            (claims["iat"], claims["nbf"], claims["exp"], claims["jti"]) = (now, now, now + 300, Guid.NewGuid().ToString());
            change(claims);
            return _key.Sign(claims);
        }
    }
}
