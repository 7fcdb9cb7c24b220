using Axvault.AppHost;
using Axvault.AppHost.Dashboard;

try
{
    var builder = DistributedApplication.CreateBuilder(args).WithTerminal();

    var database = await builder.AddVaultDatabaseAsync();
    var encryptionKey = builder.AddEncryptionKey();

    builder
        .AddProject<Projects.Axvault_Api>("api", launchProfileName: null)
        .WithArgs("serve")
        .DisableForwardedHeaders()
        .WithVaultDatabase(database)
        .WithEnvironment("AXVAULT_ENCRYPTION_KEY", encryptionKey)
        .WithHosting()
        .WithDashboardCommands(database);

    return await builder.Build().RunToEndAsync();
}
catch (DatabaseChoiceException exception)
{
    Console.Error.WriteLine($"axvault: {exception.Message}");
    return 2;
}
