using Axvault.AppHost;

var builder = DistributedApplication.CreateBuilder(args);

var database = await builder.AddVaultDatabaseAsync();
var encryptionKey = builder.AddEncryptionKey();

builder.AddProject<Projects.Axvault_Api>("api", launchProfileName: null)
    .WithArgs("serve")
    .DisableForwardedHeaders()
    .WithVaultDatabase(database)
    .WithEnvironment("AXVAULT_ENCRYPTION_KEY", encryptionKey)
    .WithHosting();

builder.Build().Run();
