using System.Text.Json.Nodes;

namespace Axvault.Tests.Deployment;

/// <summary>deploy/workload-identity: each template binds an audience, one subject and an id that is never given to another owner.</summary>
public sealed class WorkloadIdentityTemplateTests
{
    private const string Folder = "deploy/workload-identity";

    private static readonly string[] Members =
    [
        "issuer",
        "audience",
        "subject",
        "claims",
        "events",
        "readAccess",
        "writeAccess",
        "grantAccess",
        "ttlSeconds",
        "allowedCidrs",
    ];

    public static TheoryData<string> Rules => [.. Names("*.rule.json")];

    public static TheoryData<string> Issuers => [.. Names("*.issuer.json")];

    [Theory]
    [MemberData(nameof(Rules))]
    public void A_rule_names_one_workload_and_reads_only_what_it_needs(string file)
    {
        var rule = Read(file);

        Assert.All(rule, member => Assert.Contains(member.Key, Members));
        Assert.StartsWith((string)rule["issuer"]!, file, StringComparison.Ordinal);
        Assert.StartsWith("https://", (string)rule["audience"]!, StringComparison.Ordinal);
        Assert.DoesNotContain('*', (string)rule["subject"]!);
        Assert.Equal("claude.ci", (string?)Assert.Single(rule["readAccess"]!.AsArray()));
        Assert.InRange((int)rule["ttlSeconds"]!, 60, 3600);
        Assert.Equal((null, null), (rule["writeAccess"], rule["grantAccess"]));
    }

    [Theory]
    [InlineData("github.rule.json", "repo:OWNER/REPOSITORY:ref:refs/heads/main")]
    [InlineData("github-immutable.rule.json", "repo:OWNER@OWNER_ID/REPOSITORY@REPOSITORY_ID:ref:refs/heads/main")]
    public void A_rule_of_GitHub_binds_ids_and_no_pull_request(string file, string subject)
    {
        var rule = Read(file);

        Assert.Equal(subject, (string?)rule["subject"]);
        Assert.Equal(["ref_protected", "repository_id", "repository_owner_id"], rule["claims"]!.AsObject().Select(static claim => claim.Key).Order());
        Assert.DoesNotContain(rule["events"]!.AsArray(), static name => ((string)name!).StartsWith("pull_request", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Issuers))]
    public void An_issuer_is_found_by_discovery_over_HTTPS(string file)
    {
        var issuer = Assert.Single(Read(file));

        Assert.Equal("issuer", issuer.Key);
        Assert.StartsWith("https://", (string)issuer.Value!, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Names(string pattern) =>
        Directory.EnumerateFiles(DeploymentFile.PathOf(Folder), pattern).Select(static file => Path.GetFileName(file)).Order();

    private static JsonObject Read(string file) => JsonNode.Parse(File.ReadAllText(DeploymentFile.PathOf($"{Folder}/{file}")))!.AsObject();
}
