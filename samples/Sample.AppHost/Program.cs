using Microsoft.Extensions.Configuration;

var builder = DistributedApplication.CreateBuilder(args);

var login = builder.AddParameter("claude-login", secret: true);
var vault = builder.AddAxvault<Projects.Axvault_Api>("vault").WithCredential("claude.prod", login, agent: "claude");

// For a machine without a container runtime.
if (!string.IsNullOrEmpty(builder.Configuration.GetConnectionString("vaultdb")))
{
    vault.WithDatabase(builder.AddConnectionString("vaultdb")).WithKeyFolder(builder.Configuration["KeyFolder"]!);
}

var provider = builder.AddProject<Projects.Sample_Provider>("provider").WithHttpEndpoint().WithEnvironment("EXPECTED_TOKEN", login);

builder
    .AddProject<Projects.Sample_Agent>("agent")
    .WithHttpEndpoint()
    .WithHttpHealthCheck("/health")
    .WithEnvironment("PROVIDER_URL", provider.GetEndpoint("http"))
    .WithReference(vault)
    .WaitFor(vault)
    .WaitFor(provider);

builder.Build().Run();
