using Axvault.AppHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

try
{
    var builder = DistributedApplication.CreateBuilder(args);

    var database = await builder.AddVaultDatabaseAsync();
    var encryptionKey = builder.AddEncryptionKey();

    builder.AddProject<Projects.Axvault_Api>("api", launchProfileName: null)
        .WithArgs("serve")
        .DisableForwardedHeaders()
        .WithVaultDatabase(database)
        .WithEnvironment("AXVAULT_ENCRYPTION_KEY", encryptionKey)
        .WithHosting();

    // A start that fails says why itself.
    builder.Services.AddLogging(static logging => logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None));
    await builder.Build().RunAsync();
    return Environment.ExitCode;
}
catch (DatabaseChoiceException exception)
{
    Console.Error.WriteLine($"axvault: {exception.Message}");
    return 2;
}
