using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Axvault.Tests.Harness;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;
using Json.Schema;

namespace Axvault.Tests.Deployment;

/// <summary>
/// The files in deploy/ and docker-compose.yml, checked against the schemas of Kubernetes, CloudNativePG, the External Secrets Operator and Compose. The
/// schemas come from npm packages.
/// </summary>
[Trait("Category", "Long")]
public sealed class SchemaTests : IAsyncLifetime
{
    private static readonly string Source = Path.Combine(SourceTree.Root, "Axvault.Tests", "Deployment", "npm");

    private readonly TestFolder _folder = new();

    public async ValueTask InitializeAsync()
    {
        foreach (var file in Directory.EnumerateFiles(Source))
        {
            File.Copy(file, Path.Combine(_folder.Path, Path.GetFileName(file)));
        }

        var run = await ProgramRun.ToEndAsync(In("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"));
        Assert.True(run.ExitCode == 0, run.Errors);
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact(Explicit = true)]
    public async Task Every_document_matches_its_schema_and_a_wrong_one_does_not()
    {
        JsonNode[] documents =
        [
            .. Directory
                .EnumerateFiles(DeploymentFile.PathOf("deploy/kubernetes"), "*.yaml")
                .Where(static path => Path.GetFileName(path) != "kustomization.yaml")
                .SelectMany(static path => DeploymentFile.ReadYaml(Path.GetRelativePath(SourceTree.Root, path))),
        ];
        Assert.Contains(documents, static document => (string?)document["kind"] == "Cluster");

        Assert.Equal("", await ValidateAsync(documents));

        foreach (var document in documents.Where(static document => (string?)document["kind"] is "Cluster" or "Deployment" or "SecretStore"))
        {
            document["spec"] = new JsonObject
            {
                ["instance"] = 3,
                ["replicas"] = "three",
                ["provider"] = "webhook",
            };
        }

        Assert.Equal(3, (await ValidateAsync(documents)).TrimEnd().Split('\n').Length);
    }

    [Fact(Explicit = true)]
    public void The_compose_file_matches_the_specification_and_a_wrong_one_does_not()
    {
        var text = JsonNode.Parse(File.ReadAllText(Path.Combine(_folder.Path, "node_modules", "dclint", "schemas", "compose.schema.json")))!.AsObject();
        // The schema names its dialect, draft 7, by an address that differs slightly from the official one.
        text["$schema"] = "http://json-schema.org/draft-07/schema#";
        var schema = JsonSchema.FromText(text.ToJsonString());
        var compose = DeploymentFile.ReadOne("docker-compose.yml");

        var result = schema.Evaluate(JsonSerializer.SerializeToElement(compose), new EvaluationOptions { OutputFormat = OutputFormat.List });
        Assert.True(
            result.IsValid,
            string.Join(
                '\n',
                (result.Details ?? [])
                    .Where(static detail => detail.Errors is not null)
                    .Select(static detail => $"{detail.InstanceLocation}: {string.Join(", ", detail.Errors!.Values)}")
            )
        );

        compose["services"]!["axvault"]!["readonly"] = true;
        Assert.False(schema.Evaluate(JsonSerializer.SerializeToElement(compose)).IsValid);
    }

    private async Task<string> ValidateAsync(JsonNode[] documents)
    {
        var start = In("sh", "-c", "exec node validate.mjs < documents.json");
        await File.WriteAllTextAsync(
            Path.Combine(_folder.Path, "documents.json"),
            new JsonArray([.. documents.Select(static document => document.DeepClone())]).ToJsonString()
        );
        var run = await ProgramRun.ToEndAsync(start);
        Assert.True(run.ExitCode == 0, run.Errors);
        return run.Output;
    }

    private ProcessStartInfo In(string program, params string[] arguments) =>
        new(program, arguments)
        {
            WorkingDirectory = _folder.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
}
