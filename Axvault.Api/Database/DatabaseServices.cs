using System.Diagnostics;
using Npgsql;

namespace Axvault.Api.Database;

/// <summary>The services of the database.</summary>
internal static class DatabaseServices
{
    private const string Isolation = "set default_transaction_isolation = 'read committed'";

    /// <summary>Adds the database and its schema.</summary>
    /// <param name="builder">The server.</param>
    /// <param name="options">The settings of the database.</param>
    public static void AddDatabase(this WebApplicationBuilder builder, DatabaseOptions options)
    {
        builder.AddNpgsqlDataSource(
            DatabaseOptions.ConnectionName,
            settings =>
            {
                settings.ConnectionString = options.Address.Reveal();
                settings.DisableTracing = !ServiceDefaults.Telemetry.IsExported(builder.Configuration);
            },
            static database =>
            {
                // The pool's name in metrics, which otherwise is the connection string.
                database.Name = DatabaseOptions.ConnectionName;

                // The database, the role or the URL may ask for more isolation, which this server does not need, and pays for with serialization failures.
                database.UsePhysicalConnectionInitializer(SetIsolation, SetIsolationAsync);

                // The statements of background loops belong to no request: they would fill the list of traces.
                database.ConfigureTracing(static tracing =>
                    tracing.ConfigureCommandFilter(static _ => Activity.Current is not null).ConfigureBatchFilter(static _ => Activity.Current is not null)
                );
            }
        );
        builder.Services.AddSingleton(options).AddSingleton<Migrator>();
    }

    private static void SetIsolation(NpgsqlConnection connection)
    {
        using var command = new NpgsqlCommand(Isolation, connection);
        command.ExecuteNonQuery();
    }

    private static async Task SetIsolationAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(Isolation, connection);
        await command.ExecuteNonQueryAsync();
    }
}
