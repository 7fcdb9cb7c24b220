namespace Axvault.Tests.Deployment;

/// <summary>deploy/quadlet, checked against the keys of Podman 5. Podman's own generator is not installed on every machine that runs these tests.</summary>
public sealed class QuadletTests
{
    private const string Folder = "deploy/quadlet";

    // The keys are those of podman-systemd.unit(5) in Podman 5.
    private static readonly Dictionary<string, string[]> Keys = new()
    {
        ["Container"] =
        [
            "AddCapability",
            "AddDevice",
            "AddHost",
            "Annotation",
            "AutoUpdate",
            "CgroupsMode",
            "ContainerName",
            "ContainersConfModule",
            "DNS",
            "DNSOption",
            "DNSSearch",
            "DropCapability",
            "Entrypoint",
            "Environment",
            "EnvironmentFile",
            "EnvironmentHost",
            "Exec",
            "ExposeHostPort",
            "GIDMap",
            "GlobalArgs",
            "Group",
            "GroupAdd",
            "HealthCmd",
            "HealthInterval",
            "HealthLogDestination",
            "HealthMaxLogCount",
            "HealthMaxLogSize",
            "HealthOnFailure",
            "HealthRetries",
            "HealthStartPeriod",
            "HealthStartupCmd",
            "HealthStartupInterval",
            "HealthStartupRetries",
            "HealthStartupSuccess",
            "HealthStartupTimeout",
            "HealthTimeout",
            "HostName",
            "Image",
            "IP",
            "IP6",
            "Label",
            "LogDriver",
            "LogOpt",
            "Mask",
            "Mount",
            "Network",
            "NetworkAlias",
            "NoNewPrivileges",
            "Notify",
            "PidsLimit",
            "Pod",
            "PodmanArgs",
            "PublishPort",
            "Pull",
            "ReadOnly",
            "ReadOnlyTmpfs",
            "Rootfs",
            "RunInit",
            "SeccompProfile",
            "Secret",
            "SecurityLabelDisable",
            "SecurityLabelFileType",
            "SecurityLabelLevel",
            "SecurityLabelNested",
            "SecurityLabelType",
            "ServiceName",
            "ShmSize",
            "StartWithPod",
            "StopSignal",
            "StopTimeout",
            "SubGIDMap",
            "SubUIDMap",
            "Sysctl",
            "Timezone",
            "Tmpfs",
            "UIDMap",
            "Ulimit",
            "Unmask",
            "User",
            "UserNS",
            "Volume",
            "WorkingDir",
        ],
        ["Volume"] =
        [
            "ContainersConfModule",
            "Copy",
            "Device",
            "Driver",
            "GlobalArgs",
            "Group",
            "Image",
            "Label",
            "Options",
            "PodmanArgs",
            "ServiceName",
            "Type",
            "User",
            "VolumeName",
        ],
        ["Network"] =
        [
            "ContainersConfModule",
            "DisableDNS",
            "DNS",
            "Driver",
            "Gateway",
            "GlobalArgs",
            "Internal",
            "IPAMDriver",
            "IPRange",
            "IPv6",
            "Label",
            "NetworkName",
            "Options",
            "PodmanArgs",
            "ServiceName",
            "Subnet",
        ],
        ["Unit"] = ["After", "Description", "Requires"],
        ["Service"] = ["Restart", "RestartSec", "TimeoutStartSec", "TimeoutStopSec"],
        ["Install"] = ["WantedBy"],
    };

    public static TheoryData<string> Files => [.. Directory.EnumerateFiles(DeploymentFile.PathOf(Folder)).Select(static path => Path.GetFileName(path))];

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_section_and_key_is_known_to_the_generator(string file)
    {
        var unit = DeploymentFile.ReadUnit($"{Folder}/{file}");

        Assert.Contains(unit, line => line.Section.Equals(Path.GetExtension(file)[1..], StringComparison.OrdinalIgnoreCase));
        Assert.All(unit, static line => Assert.Contains(line.Key, Keys[line.Section]));
    }

    [Fact]
    public void Every_file_that_a_container_names_exists()
    {
        foreach (var file in (string[])["axvault.container", "axvault-db.container"])
        {
            var unit = DeploymentFile.ReadUnit($"{Folder}/{file}");
            var units = unit.Where(static line => line.Key is "Volume" or "Network" && !line.Value.StartsWith('/'));
            foreach (var named in units.Select(static line => line.Value.Split(':')[0]))
            {
                Assert.Contains(named, Files.Select(static row => row.Data));
            }

            Assert.All(unit.Where(static line => line.Key is "Requires" or "After"), static line =>
                Assert.Contains(line.Value.Replace(".service", ".container", StringComparison.Ordinal), Files.Select(static row => row.Data))
            );
        }
    }

    [Fact]
    public void The_server_accepts_its_settings_and_finds_the_database()
    {
        var server = DeploymentFile.ReadUnit($"{Folder}/axvault.container");
        var made = DeploymentFile.ReadUnit($"{Folder}/axvault-db.container");

        var (_, database) = DeployedSettings.Read(DeploymentFile.EnvironmentOf(server), Secrets(server));

        Assert.Equal(Single(made, "ContainerName"), database.Host);
        var environment = DeploymentFile.EnvironmentOf(made);
        Assert.Equal(("axvault", "axvault"), (database.Username, database.Database));
        Assert.Contains(environment["POSTGRES_PASSWORD_FILE"], Secrets(made).Keys);
        Assert.Contains(Single(made, "Network"), server.Where(static line => line.Key == "Network").Select(static line => line.Value));
    }

    [Fact]
    public void The_role_of_the_server_is_no_superuser_and_the_network_of_the_database_leads_nowhere()
    {
        var server = DeploymentFile.ReadUnit($"{Folder}/axvault.container");
        var made = DeploymentFile.ReadUnit($"{Folder}/axvault-db.container");
        var environment = DeploymentFile.EnvironmentOf(made);

        Assert.Equal("postgres", environment["POSTGRES_USER"]);
        Assert.DoesNotContain(environment["POSTGRES_PASSWORD_FILE"], Secrets(server).Keys);
        Assert.Contains(made, static line => line.Key == "Volume" && line.Value.Contains("/docker-entrypoint-initdb.d/role.sh:ro", StringComparison.Ordinal));
        Assert.Equal("true", Single(DeploymentFile.ReadUnit($"{Folder}/{Single(made, "Network")}"), "Internal"));
        Assert.All([server, made], static unit => Assert.StartsWith("--memory=", Single(unit, "PodmanArgs"), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("axvault.container")]
    [InlineData("axvault-db.container")]
    public void A_container_is_read_only_without_capabilities_and_has_time_to_stop(string file)
    {
        var unit = DeploymentFile.ReadUnit($"{Folder}/{file}");

        Assert.Equal(("true", "all", "true"), (Single(unit, "ReadOnly"), Single(unit, "DropCapability"), Single(unit, "NoNewPrivileges")));
        Assert.InRange(
            int.Parse(Single(unit, "StopTimeout"), System.Globalization.CultureInfo.InvariantCulture),
            45,
            int.Parse(Single(unit, "TimeoutStopSec"), System.Globalization.CultureInfo.InvariantCulture) - 1
        );
    }

    private static Dictionary<string, string> Secrets(IEnumerable<(string Section, string Key, string Value)> unit) =>
        unit.Where(static line => line.Key == "Secret")
            .ToDictionary(static line => $"/run/secrets/{line.Value.Split(',')[0]}", static _ => "0123456789abcdef0123456789abcdef");

    private static string Single(IEnumerable<(string Section, string Key, string Value)> unit, string key) =>
        Assert.Single(unit, line => line.Key == key).Value;
}
