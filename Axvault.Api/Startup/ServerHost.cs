namespace Axvault.Api.Startup;

/// <summary>The host of a server: Kestrel, with settings only from variables and flags.</summary>
internal static class ServerHost
{
    /// <summary>Returns a builder without the framework's own sources of settings, so that no file in the working directory changes anything.</summary>
    /// <param name="flags">The flags of the command line, by the names of the variables that they beat.</param>
    public static WebApplicationBuilder CreateBuilder(IReadOnlyDictionary<string, string?> flags)
    {
        var builder = WebApplication.CreateEmptyBuilder(
            new WebApplicationOptions
            {
                ContentRootPath = AppContext.BaseDirectory,
                EnvironmentName = Variable("ASPNETCORE_ENVIRONMENT") ?? Variable("DOTNET_ENVIRONMENT") ?? Environments.Production,
            }
        );
        builder.Configuration.AddEnvironmentVariables().AddInMemoryCollection(flags);
        builder.WebHost.UseKestrelCore();
        builder.Services.AddRoutingCore();
        return builder;
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
