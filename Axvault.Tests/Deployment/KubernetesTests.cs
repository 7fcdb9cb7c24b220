using System.Text.Json.Nodes;
using System.Xml.Linq;
using Axvault.Tests.Harness;
using Axvault.Tests.Harness.Servers;
using k8s;
using k8s.Models;

namespace Axvault.Tests.Deployment;

/// <summary>deploy/kubernetes: the settings of the server, availability and security, and that every field is known to Kubernetes.</summary>
public sealed class KubernetesTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    private const string Folder = "deploy/kubernetes";

    private static readonly V1Deployment Deployment = Read<V1Deployment>("deployment.yaml");

    private static readonly V1PodSpec Pod = Deployment.Spec.Template.Spec;

    private static readonly V1Container Container = Assert.Single(Pod.Containers);

    [Fact]
    public void Every_field_is_known_to_Kubernetes()
    {
        Read<V1Namespace>("namespace.yaml");
        Read<V1ServiceAccount>("serviceaccount.yaml");
        Read<V1Service>("service.yaml");
        Read<V1PodDisruptionBudget>("poddisruptionbudget.yaml");
        Read<V1Secret>("secret.example.yaml");
        Assert.All(DeploymentFile.YamlDocuments($"{Folder}/networkpolicy.yaml"), static document =>
            KubernetesYaml.Deserialize<V1NetworkPolicy>(document, strict: true)
        );
        Assert.ThrowsAny<Exception>(static () => KubernetesYaml.Deserialize<V1Service>("spec: { port: 1 }", strict: true));
    }

    [Fact]
    public void The_server_accepts_its_settings_and_verifies_the_database_connection()
    {
        var cluster = DeploymentFile.ReadOne($"{Folder}/database.yaml");
        var secret = Read<V1Secret>("secret.example.yaml");
        var files = (
            from mount in Container.VolumeMounts
            let volume = Assert.Single(Pod.Volumes, volume => volume.Name == mount.Name)
            where volume.Secret is not null
            from key in volume.Secret.Items?.Select(static item => item.Path) ?? secret.StringData.Keys
            select $"{mount.MountPath}/{key}"
        ).ToDictionary(static path => path, static _ => "0123456789abcdef0123456789abcdef");

        var (options, database) = DeployedSettings.Read(Container.Env.ToDictionary(static variable => variable.Name, static variable => variable.Value), files);

        Assert.Equal($"{cluster["metadata"]!["name"]}-rw", database.Host);
        Assert.Equal(
            ((string?)cluster["spec"]!["bootstrap"]!["initdb"]!["owner"], (string?)cluster["spec"]!["bootstrap"]!["initdb"]!["database"]),
            (database.Username, database.Database)
        );
        Assert.Equal(Npgsql.SslMode.VerifyFull, database.SslMode);
        Assert.Contains(database.RootCertificate, files.Keys);
        Assert.Equal(
            [$"{cluster["metadata"]!["name"]}-app", $"{cluster["metadata"]!["name"]}-ca", secret.Metadata.Name, "axvault-tls"],
            Pod.Volumes.Where(static volume => volume.Secret is not null).Select(static volume => volume.Secret.SecretName).Order()
        );
        Assert.Equal((3847, 9464), (Port("http"), Port("metrics")));
        Assert.Equal((options.Listener.Port, options.Listener.MetricsPort), (Port("http"), Port("metrics")));
    }

    [Fact]
    public void All_servers_and_one_more_fit_into_the_connections_of_the_database()
    {
        var most = int.Parse(
            (string)DeploymentFile.ReadOne($"{Folder}/database.yaml")["spec"]!["postgresql"]!["parameters"]!["max_connections"]!,
            System.Globalization.CultureInfo.InvariantCulture
        );

        Assert.InRange((Deployment.Spec.Replicas!.Value + 1) * 20, 1, most - 10);
    }

    [Fact]
    public void The_server_speaks_TLS_and_its_probes_too()
    {
        Assert.Contains(Container.Env, static variable => variable.Name == "AXVAULT_TLS_CERT_FILE");
        Assert.All([Container.StartupProbe, Container.LivenessProbe, Container.ReadinessProbe], static probe => Assert.Equal("HTTPS", probe.HttpGet.Scheme));
        Assert.Equal("https", Assert.Single(Read<V1Service>("service.yaml").Spec.Ports).AppProtocol);
    }

    [Theory]
    [InlineData("10.1.2.3")]
    [InlineData("100.64.0.1")]
    [InlineData("127.0.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("172.31.0.1")]
    [InlineData("192.168.1.1")]
    [InlineData("::1")]
    [InlineData("fd00::1")]
    [InlineData("fe80::1")]
    public void No_rule_for_the_internet_lets_the_server_reach_a_private_address(string address)
    {
        var policy = KubernetesYaml.Deserialize<V1NetworkPolicy>(DeploymentFile.YamlDocuments($"{Folder}/networkpolicy.yaml")[0], strict: true);
        var blocks = policy.Spec.Egress.SelectMany(static rule => rule.To).Select(static peer => peer.IpBlock).OfType<V1IPBlock>().ToList();

        Assert.NotEmpty(blocks);
        Assert.DoesNotContain(
            blocks,
            block =>
                System.Net.IPNetwork.Parse(block.Cidr).Contains(System.Net.IPAddress.Parse(address))
                && !block.Except.Any(network => System.Net.IPNetwork.Parse(network).Contains(System.Net.IPAddress.Parse(address)))
        );
    }

    [Fact]
    public void The_spool_is_a_folder_of_its_own_in_the_volume()
    {
        var folder = Assert.Single(Container.Env, static variable => variable.Name == "AXVAULT_REFRESH_SPOOL").Value;

        Assert.StartsWith($"{Assert.Single(Container.VolumeMounts, static mount => mount.Name == "spool").MountPath}/", folder, StringComparison.Ordinal);
    }

    // Service links set AXVAULT_PORT=tcp://10.0.0.1:3847 in every pod of the namespace, and the server would read that variable.
    [Fact]
    public void The_server_does_not_get_the_variables_of_Kubernetes_service_links()
    {
        Assert.Equal("axvault", Read<V1Service>("service.yaml").Metadata.Name);
        Assert.False(Pod.EnableServiceLinks);
    }

    [Fact]
    public void The_placeholder_of_the_example_is_not_a_valid_key()
    {
        var key = Assert.Single(Read<V1Secret>("secret.example.yaml").StringData).Value;

        Assert.ThrowsAny<ArgumentException>(() => new Api.Encryption.EncryptionSecret(key));
    }

    [Fact]
    public void A_rollout_keeps_all_servers_ready_and_a_drain_stops_one_at_a_time()
    {
        Assert.Equal((3, "0"), (Deployment.Spec.Replicas, Deployment.Spec.Strategy.RollingUpdate.MaxUnavailable.Value));
        Assert.Equal("1", Read<V1PodDisruptionBudget>("poddisruptionbudget.yaml").Spec.MaxUnavailable.Value);
        Assert.Equal(
            ("/alive", "/alive", "/health"),
            (Container.StartupProbe.HttpGet.Path, Container.LivenessProbe.HttpGet.Path, Container.ReadinessProbe.HttpGet.Path)
        );
        var delay = int.Parse(
            Assert.Single(Container.Env, static variable => variable.Name == "AXVAULT_SHUTDOWN_DELAY").Value,
            System.Globalization.CultureInfo.InvariantCulture
        );
        Assert.InRange(Pod.TerminationGracePeriodSeconds!.Value, delay + 30, 120);
        Assert.Equal(
            ["kubernetes.io/hostname", "topology.kubernetes.io/zone"],
            Pod.TopologySpreadConstraints.Select(static spread => spread.TopologyKey).Order()
        );
    }

    // https://kubernetes.io/docs/concepts/security/pod-security-standards, "Restricted", and some rules beyond it.
    [Fact]
    public void The_pod_meets_the_restricted_standard_with_a_read_only_root_and_no_token()
    {
        Assert.True(Pod.SecurityContext.RunAsNonRoot);
        Assert.NotEqual(0, Pod.SecurityContext.RunAsUser);
        Assert.Equal("RuntimeDefault", Pod.SecurityContext.SeccompProfile.Type);
        Assert.False(Container.SecurityContext.AllowPrivilegeEscalation);
        Assert.True(Container.SecurityContext.ReadOnlyRootFilesystem);
        Assert.Equal(["ALL"], Container.SecurityContext.Capabilities.Drop);
        Assert.Null(Container.SecurityContext.Capabilities.Add);
        Assert.False(Pod.AutomountServiceAccountToken);
        Assert.False(Read<V1ServiceAccount>("serviceaccount.yaml").AutomountServiceAccountToken);
        Assert.Equal("restricted", Read<V1Namespace>("namespace.yaml").Metadata.Labels["pod-security.kubernetes.io/enforce"]);
        Assert.All(Pod.Volumes, static volume => Assert.True(volume.Secret is not null || volume.EmptyDir is not null));
    }

    [Fact]
    public void Every_selector_selects_the_pods_of_the_deployment()
    {
        var labels = Deployment.Spec.Template.Metadata.Labels;

        Assert.All(
            [
                Deployment.Spec.Selector.MatchLabels,
                Read<V1Service>("service.yaml").Spec.Selector,
                Read<V1PodDisruptionBudget>("poddisruptionbudget.yaml").Spec.Selector.MatchLabels,
                .. Pod.TopologySpreadConstraints.Select(static spread => spread.LabelSelector.MatchLabels),
            ],
            selector => Assert.Equal(labels, selector)
        );
        Assert.Equal(
            labels,
            KubernetesYaml
                .Deserialize<V1NetworkPolicy>(DeploymentFile.YamlDocuments($"{Folder}/networkpolicy.yaml")[0], strict: true)
                .Spec.PodSelector.MatchLabels
        );
    }

    [Fact]
    public void The_kustomization_lists_all_files_except_examples_and_the_current_image()
    {
        var kustomization = DeploymentFile.ReadOne($"{Folder}/kustomization.yaml");
        var files = Directory
            .EnumerateFiles(DeploymentFile.PathOf(Folder))
            .Select(static path => Path.GetFileName(path))
            .Except(["kustomization.yaml", "secret.example.yaml", "external-secrets.yaml", "agent.example.yaml"]);

        Assert.Equal(files.Order(), kustomization["resources"]!.AsArray().Select(static name => (string)name!).Order());
        var image = Assert.Single(kustomization["images"]!.AsArray())!;
        var version = XDocument.Load(Path.Combine(SourceTree.Root, "Directory.Build.props")).Descendants("Version").Single().Value;
        Assert.Equal((Container.Image, version), ((string?)image["name"], image["newTag"]!.ToString()));
    }

    [Fact]
    public async Task The_external_secret_finds_the_token_in_the_response_of_the_server()
    {
        var documents = DeploymentFile.ReadYaml($"{Folder}/external-secrets.yaml");
        var webhook = documents[0]["spec"]!["provider"]!["webhook"]!;
        var reference = documents[1]["spec"]!["data"]![0]!["remoteRef"]!;
        var name = (string)reference["key"]!;
        (await vault.Admin.PutAsync($"credentials/{name}", """{"type":"oauth-token","agent":"claude","data":{"accessToken":"sk-ant-oat-of-a-secret"}}""")).Is(
            System.Net.HttpStatusCode.Created
        );
        var reader = await vault.Admin.CreateKeyAsync(read: [name]);

        // Fill in the templates as the External Secrets Operator does.
        var url = ((string)webhook["url"]!).Replace("{{ .remoteRef.key }}", name, StringComparison.Ordinal);
        using var client = vault.Server.Client();
        var answer = await client.SendAsync(new HttpMethod((string)webhook["method"]!), new Uri(url).AbsolutePath, headers: headers =>
            headers.TryAddWithoutValidation(
                "Authorization",
                ((string)webhook["headers"]!["Authorization"]!).Replace("{{ .auth.apiKey }}", reader.Secret, StringComparison.Ordinal)
            )
        );

        answer.Is(System.Net.HttpStatusCode.OK);
        var path = ((string)webhook["result"]!["jsonPath"]!).Replace("{{ .remoteRef.property }}", (string)reference["property"]!, StringComparison.Ordinal);
        Assert.Equal("sk-ant-oat-of-a-secret", (string?)Find(JsonNode.Parse(answer.Text)!, path));
        Assert.Equal(("https", "axvault.axvault.svc", 3847), (new Uri(url).Scheme, new Uri(url).Host, new Uri(url).Port));
        Assert.NotNull(webhook["caProvider"]);
    }

    // Returns the member that a path such as $.data.accessToken names.
    private static JsonNode? Find(JsonNode node, string path)
    {
        Assert.StartsWith("$.", path, StringComparison.Ordinal);
        return path[2..].Split('.').Aggregate((JsonNode?)node, static (found, member) => found?[member]);
    }

    private static int Port(string name) => Assert.Single(Container.Ports, port => port.Name == name).ContainerPort;

    private static T Read<T>(string file) => KubernetesYaml.Deserialize<T>(Assert.Single(DeploymentFile.YamlDocuments($"{Folder}/{file}")), strict: true);
}
