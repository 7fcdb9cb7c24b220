using Axvault.AppHost;
using Axvault.AppHost.Dashboard;

try
{
    var builder = DistributedApplication.CreateBuilder(args).WithTerminal();

    var database = await builder.AddVaultDatabaseAsync();

    builder
        .AddAxvault<Projects.Axvault_Api>("api")
        .WithContainer(static container => container.WithDockerfile("..", "Containerfile"))
        .WithVaultDatabase(database)
        .WithEncryptionKey(builder.AddEncryptionKey())
        .WithDevelopment(database);

    return await builder.Build().RunToEndAsync();
}
catch (DatabaseChoiceException exception)
{
    Console.Error.WriteLine($"axvault: {exception.Message}");
    return 2;
}
