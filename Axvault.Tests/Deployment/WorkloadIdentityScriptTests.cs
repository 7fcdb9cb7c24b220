using System.Text.Json.Nodes;
using Axvault.Tests.Harness.Servers;
using k8s;
using k8s.Models;

namespace Axvault.Tests.Deployment;

/// <summary>deploy/gitlab and the agent of deploy/kubernetes: the tests run their commands with the identity of a job.</summary>
public sealed class WorkloadIdentityScriptTests(VaultFixture vault) : IdentityJobTest(vault)
{
    private const string Script = "deploy/github-actions/axvault.sh";

    [Fact]
    public async Task A_job_of_GitLab_logs_its_agent_in()
    {
        var name = await PutTokenAsync();

        var rule = await PutRuleAsync(name);
        var run = await RunGitLabAsync("agent", rule, $"claude {name}");

        Assert.Equal((0, "The agent has sk-ant-oat-of-a-job."), (run.ExitCode, Assert.Single(run.Lines)));
        await HasEndedAsync(rule, "credential.read");
        AssertNoSecretInCommands();
    }

    [Fact]
    public async Task A_job_of_GitLab_that_keeps_its_key_ends_it_afterwards()
    {
        var name = await PutTokenAsync();

        var rule = await PutRuleAsync(name);
        var run = await RunGitLabAsync("client", rule, "");

        Assert.Equal(0, run.ExitCode);
        Assert.Contains(name, Assert.Single(run.Lines), StringComparison.Ordinal);
        await HasEndedAsync(rule, "credential.list");
        AssertNoSecretInCommands();
    }

    [Fact]
    public async Task A_pod_of_Kubernetes_logs_its_agent_in()
    {
        var name = await PutTokenAsync();
        var rule = await PutRuleAsync(name);
        var pod = ExamplePod();
        var login = Assert.Single(pod.InitContainers);
        var tokenFile = Path.Combine(Runner.Project, "token");
        await File.WriteAllTextAsync(tokenFile, Identity.Sign(Url), TestContext.Current.CancellationToken);
        AddClaude();

        Assert.Equal(["sh", "/opt/axvault/axvault.sh", "start"], login.Command);
        var run = await Runner.RunAsync(
            ["sh", DeploymentFile.PathOf(Script), "start"],
            [
                .. login.Env.Select(static variable => (variable.Name, variable.Value)).Where(static variable => variable.Name is not ("HOME" or "TMPDIR")),
                ("AXVAULT_URL", Url),
                ("AXVAULT_RULE", rule),
                ("AXVAULT_LOGIN", $"claude {name}"),
                ("AXVAULT_ID_TOKEN_FILE", tokenFile),
            ]
        );
        var agent = await Runner.RunAsync([.. Assert.Single(pod.Containers).Command]);

        Assert.Equal((0, 0, ""), (run.ExitCode, run.Lines.Count, run.Errors));
        Assert.Equal("The agent has sk-ant-oat-of-a-job.", Assert.Single(agent.Lines));
        await HasEndedAsync(rule, "credential.read");
        AssertNoSecretInCommands();
    }

    [Fact]
    public void The_pod_gives_its_identity_to_the_first_container_only()
    {
        var pod = ExamplePod();
        var token = Assert.Single(Assert.Single(pod.Volumes, static volume => volume.Name == "identity").Projected.Sources).ServiceAccountToken;
        var login = Assert.Single(pod.InitContainers);
        var agent = Assert.Single(pod.Containers);

        Assert.Equal(login.Env.Single(static variable => variable.Name == "AXVAULT_URL").Value, token.Audience);
        Assert.Equal(
            Assert.Single(login.VolumeMounts, static mount => mount.Name == "identity").MountPath + $"/{token.Path}",
            login.Env.Single(static variable => variable.Name == "AXVAULT_ID_TOKEN_FILE").Value
        );
        Assert.Equal("home", Assert.Single(agent.VolumeMounts).Name);
        Assert.Equal("Memory", Assert.Single(pod.Volumes, static volume => volume.Name == "home").EmptyDir.Medium);
        Assert.Equal((false, true, "Never"), (pod.AutomountServiceAccountToken, pod.SecurityContext.RunAsNonRoot, pod.RestartPolicy));
        Assert.All([login, agent], static container => Assert.True(container.SecurityContext.ReadOnlyRootFilesystem));
    }

    private static V1PodSpec ExamplePod()
    {
        var documents = DeploymentFile.YamlDocuments("deploy/kubernetes/agent.example.yaml");
        var account = KubernetesYaml.Deserialize<V1ServiceAccount>(documents[0], strict: true);
        var pod = KubernetesYaml.Deserialize<V1Job>(documents[1], strict: true).Spec.Template.Spec;
        Assert.Equal(account.Metadata.Name, pod.ServiceAccountName);
        return pod;
    }

    // GitLab runs script and after_script each in a shell of their own.
    private async Task<StepRun> RunGitLabAsync(string job, string rule, string login)
    {
        AddClaude();
        Directory.CreateDirectory(Path.Combine(Runner.Project, "ci"));
        File.Copy(DeploymentFile.PathOf(Script), Path.Combine(Runner.Project, "ci", "axvault.sh"));
        var file = DeploymentFile.ReadOne("deploy/gitlab/example.gitlab-ci.yml")[job]!;
        Assert.Equal((string?)file["variables"]!["AXVAULT_URL"], (string?)file["id_tokens"]!["AXVAULT_ID_TOKEN"]!["aud"]);
        (string, string)[] variables =
        [
            ("AXVAULT_URL", Url),
            ("AXVAULT_RULE", rule),
            ("AXVAULT_LOGIN", login),
            ("AXVAULT_ID_TOKEN", Identity.Sign(Url)),
        ];
        var run = await Runner.RunAsync(["sh", "-e", "-c", Lines(file["script"])], variables);
        if (file["after_script"] is { } after)
        {
            Assert.Equal(0, (await Runner.RunAsync(["sh", "-e", "-c", Lines(after)], variables)).ExitCode);
        }

        return run;

        static string Lines(JsonNode? script) => string.Join('\n', script!.AsArray().Select(static line => (string)line!));
    }

    private void AddClaude() => Runner.AddProgram("claude", "echo \"The agent has $CLAUDE_CODE_OAUTH_TOKEN.\"");
}
