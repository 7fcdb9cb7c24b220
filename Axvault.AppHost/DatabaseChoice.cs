using Microsoft.Extensions.Configuration;

namespace Axvault.AppHost;

/// <summary>Decides where the graph's PostgreSQL comes from: what was given, else a container where a runtime answers, else an embedded server.</summary>
internal static class DatabaseChoice
{
    /// <summary>The switch that overrides the choice.</summary>
    public const string Switch = "AXVAULT_APPHOST_DATABASE";

    /// <summary>The variable that names an external database by its URL, which the API reads itself.</summary>
    public const string UrlVariable = "AXVAULT_DATABASE_URL";

    /// <summary>The database resource, and so the connection string. Not axvault: a reference to that would inject AXVAULT_HOST and AXVAULT_PORT.</summary>
    public const string DatabaseName = "vaultdb";

    /// <summary>Decides.</summary>
    /// <param name="publishing">Whether the graph is published: always a container then, whatever this machine has.</param>
    /// <param name="configuration">The switch, the URL and the connection string.</param>
    /// <param name="containerRuntimeAnswers">Asks the container runtime; not called when it does not matter.</param>
    /// <exception cref="DatabaseChoiceException">The switch has no known value, or asks for an external database that was not given or for a container that nothing can run.</exception>
    public static async Task<DatabaseKind> DecideAsync(bool publishing, IConfiguration configuration, Func<Task<bool>> containerRuntimeAnswers)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        ArgumentNullException.ThrowIfNull(containerRuntimeAnswers);

        var given = !string.IsNullOrEmpty(configuration[UrlVariable]) || !string.IsNullOrEmpty(configuration.GetConnectionString(DatabaseName));
        return (publishing, configuration[Switch]) switch
        {
            (true, _) => DatabaseKind.Container,
            (_, "external") => given
                ? DatabaseKind.External
                : throw new DatabaseChoiceException($"{Switch} is external, but neither {UrlVariable} nor ConnectionStrings__{DatabaseName} names a database."),
            (_, "container") => await containerRuntimeAnswers()
                ? DatabaseKind.Container
                : throw new DatabaseChoiceException($"{Switch} is container, but neither Docker nor Podman answers. Start one of them, or set {Switch} to embedded, or to external with a database named in {UrlVariable}."),
            (_, "embedded") => DatabaseKind.Embedded,
            (_, null or "") => given ? DatabaseKind.External : await containerRuntimeAnswers() ? DatabaseKind.Container : DatabaseKind.Embedded,
            _ => throw new DatabaseChoiceException($"{Switch}: expected external, container or embedded."),
        };
    }
}
