namespace Axvault.Api.Startup;

/// <summary>The host that a server is built on: Kestrel, and settings from variables and flags alone.</summary>
internal static class VaultHost
{
    /// <summary>Makes a builder without the framework's own sources of settings: no file of the folder that it is started in changes anything.</summary>
    /// <param name="flags">What was given on the command line, by the names of the variables that it beats.</param>
    public static WebApplicationBuilder CreateBuilder(IReadOnlyDictionary<string, string?> flags)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions
        {
            ContentRootPath = AppContext.BaseDirectory,
            EnvironmentName = Variable("ASPNETCORE_ENVIRONMENT") ?? Variable("DOTNET_ENVIRONMENT") ?? Environments.Production,
        });
        builder.Configuration.AddEnvironmentVariables().AddInMemoryCollection(flags);
        builder.WebHost.UseKestrelCore();
        builder.Services.AddRoutingCore();
        return builder;
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
