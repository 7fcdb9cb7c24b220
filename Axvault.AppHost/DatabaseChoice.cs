using Microsoft.Extensions.Configuration;

namespace Axvault.AppHost;

/// <summary>The choice of the PostgreSQL: the given one, or a container when a runtime answers, or an embedded server.</summary>
internal static class DatabaseChoice
{
    /// <summary>The switch that overrides the choice.</summary>
    public const string Switch = "AXVAULT_APPHOST_DATABASE";

    /// <summary>The variable that names an external database by its URL, which the API reads itself.</summary>
    public const string UrlVariable = "AXVAULT_DATABASE_URL";

    /// <summary>The name of the database resource and its connection string.</summary>
    /// <remarks>A reference to a resource named axvault would inject AXVAULT_HOST and AXVAULT_PORT.</remarks>
    public const string DatabaseName = "vaultdb";

    /// <summary>Returns the kind of the database.</summary>
    /// <param name="publishing"><c>true</c> when the graph is published, always with a container; otherwise <c>false</c>.</param>
    /// <param name="configuration">The switch, the URL and the connection string.</param>
    /// <param name="containerRuntimeAnswers">The question to the container runtime, called only when the choice depends on it.</param>
    /// <exception cref="DatabaseChoiceException">
    /// The switch has an unknown value, or asks for an external database that was not given or for a container that no runtime can run.
    /// </exception>
    public static async Task<DatabaseKind> DecideAsync(bool publishing, IConfiguration configuration, Func<Task<bool>> containerRuntimeAnswers)
    {
        var given = !string.IsNullOrEmpty(configuration[UrlVariable]) || !string.IsNullOrEmpty(configuration.GetConnectionString(DatabaseName));
        return (publishing, configuration[Switch]) switch
        {
            (true, _) => DatabaseKind.Container,
            (_, "external") => given
                ? DatabaseKind.External
                : throw new DatabaseChoiceException($"{Switch} is external, but neither {UrlVariable} nor ConnectionStrings__{DatabaseName} names a database."),
            (_, "container") => await containerRuntimeAnswers()
                ? DatabaseKind.Container
                : throw new DatabaseChoiceException(
                    $"{Switch} is container, but neither Docker nor Podman answers. "
                        + $"Start one of them, or set {Switch} to embedded, or to external with a database named in {UrlVariable}."
                ),
            (_, "embedded") => DatabaseKind.Embedded,
            (_, null or "") => given ? DatabaseKind.External
            : await containerRuntimeAnswers() ? DatabaseKind.Container
            : DatabaseKind.Embedded,
            _ => throw new DatabaseChoiceException($"{Switch}: expected external, container or embedded."),
        };
    }
}
