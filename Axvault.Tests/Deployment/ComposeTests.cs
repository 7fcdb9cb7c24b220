using System.Text.Json.Nodes;

namespace Axvault.Tests.Deployment;

/// <summary>docker-compose.yml: the settings of the server and the restrictions of both containers.</summary>
public sealed class ComposeTests
{
    private static readonly JsonObject Compose = DeploymentFile.ReadOne("docker-compose.yml");

    private static readonly JsonNode Server = Compose["services"]!["axvault"]!;

    private static readonly JsonNode Database = Compose["services"]!["postgres"]!;

    [Fact]
    public void The_server_accepts_its_settings_and_finds_the_database()
    {
        var variables = Server["environment"]!.AsObject().ToDictionary(static variable => variable.Key, static variable => (string)variable.Value!);
        var secrets = Server["secrets"]!
            .AsArray()
            .ToDictionary(static name => $"/run/secrets/{name}", static name => $"{name}-0123456789abcdef0123456789abcdef\n");

        var (_, database) = DeployedSettings.Read(variables, secrets);

        Assert.Equal("postgres", database.Host);
        Assert.Equal(("axvault", "axvault"), (database.Username, database.Database));
        Assert.Equal("database-password-0123456789abcdef0123456789abcdef", database.Password);
    }

    [Fact]
    public void The_role_of_the_server_is_no_superuser_and_the_server_cannot_become_one()
    {
        var superuser = ((string)Database["environment"]!["POSTGRES_PASSWORD_FILE"]!).Split('/')[^1];

        Assert.Equal("postgres", (string?)Database["environment"]!["POSTGRES_USER"]);
        Assert.DoesNotContain(superuser, Server["secrets"]!.AsArray().Select(static name => (string?)name));
        var volumes = Database["volumes"]!.AsArray().Select(static name => (string?)name);
        Assert.Contains("./deploy/postgresql/role.sh:/docker-entrypoint-initdb.d/role.sh:ro", volumes);
        Assert.Contains(
            "create role axvault login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password",
            File.ReadAllText(DeploymentFile.PathOf("deploy/postgresql/role.sh")),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Both_containers_have_limits_of_memory_and_processes() =>
        Assert.All([Server, Database], static service => Assert.True(service["mem_limit"] is not null && service["pids_limit"] is not null));

    [Fact]
    public void Secrets_are_files_and_no_secret_is_a_variable()
    {
        var declared = Compose["secrets"]!.AsObject();

        Assert.All(declared, static secret => Assert.StartsWith("./secrets/", (string?)secret.Value!["file"], StringComparison.Ordinal));
        Assert.All([Server, Database], service => Assert.All(service["secrets"]!.AsArray(), name => Assert.True(declared.ContainsKey((string)name!))));
        Assert.DoesNotContain("${", File.ReadAllText(DeploymentFile.PathOf("docker-compose.yml")), StringComparison.Ordinal);
    }

    [Fact]
    public void Both_containers_are_read_only_without_capabilities_checked_and_restarted() => Assert.All([Server, Database], static service =>
        {
            Assert.True((bool?)service["read_only"]);
            Assert.Equal(["ALL"], service["cap_drop"]!.AsArray().Select(static capability => (string?)capability));
            Assert.Contains(service["security_opt"]!.AsArray(), static option => (string?)option == "no-new-privileges:true");
            Assert.Equal("unless-stopped", (string?)service["restart"]);
            Assert.Equal("CMD", (string?)service["healthcheck"]!["test"]![0]);
        });

    [Fact]
    public void The_server_waits_for_a_healthy_database_and_checks_itself_without_a_shell()
    {
        Assert.Equal("service_healthy", (string?)Server["depends_on"]!["postgres"]!["condition"]);
        Assert.Equal(["CMD", "/app/axvault", "healthcheck"], Server["healthcheck"]!["test"]!.AsArray().Select(static word => (string?)word));
        Assert.Null(Server["cap_add"]);
    }

    [Fact]
    public void Only_the_server_reaches_the_database_and_only_this_machine_the_server()
    {
        Assert.True((bool?)Compose["networks"]!["database"]!["internal"]);
        Assert.Equal(["database"], Database["networks"]!.AsArray().Select(static name => (string?)name));
        Assert.Null(Database["ports"]);
        Assert.All(Server["ports"]!.AsArray(), static port => Assert.StartsWith("127.0.0.1:", (string?)port, StringComparison.Ordinal));
    }
}
