using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace Axvault.Bench.Floors;

/// <summary>Bare Kestrel, without routing, logs or middleware: the upper limit for any HTTP server here.</summary>
internal static class FloorServer
{
    /// <summary>The command of a server that answers with fixed JSON of 1 KiB.</summary>
    public const string FixedCommand = "floor-fixed";

    /// <summary>The command of a server that answers with the row of a prepared select by name.</summary>
    public const string SelectCommand = "floor-select";

    /// <summary>
    /// The command of a token endpoint that grants every request (RFC 6749 §5.1). Its tokens live so briefly that they are due again at once.
    /// </summary>
    public const string TokenCommand = "floor-token";

    /// <summary>The variable with the connection string of <see cref="SelectCommand"/>.</summary>
    public const string DatabaseVariable = "AXVAULT_BENCH_DATABASE";

    private static readonly byte[] Fixed = Encoding.UTF8.GetBytes($$"""{"value":"{{new string('x', 1000)}}"}""");

    /// <summary>Runs the server of <see cref="FixedCommand"/>.</summary>
    public static Task RunFixedAsync(string port) => RunAsync(port, static context => SendAsync(context, Fixed));

    /// <summary>Runs the server of <see cref="SelectCommand"/>.</summary>
    public static async Task RunSelectAsync(string port)
    {
        var connection = new NpgsqlConnectionStringBuilder(Environment.GetEnvironmentVariable(DatabaseVariable))
        {
            MaxAutoPrepare = 4,
            AutoPrepareMinUsages = 1,
            MaxPoolSize = 20,
        };
        await using var database = NpgsqlDataSource.Create(connection.ConnectionString);
        await RunAsync(port, async context =>
        {
            if (context.Request.Path.Value is not { Length: > 1 } path)
            {
                return;
            }

            await using var command = database.CreateCommand(
                """
                select name, type, agent, provider, expires_at, created_at, updated_at, envelope
                from axvault.credential_version where name = $1 and position is null
                """
            );
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = path[1..] });
            await using var reader = await command.ExecuteReaderAsync();
            if (!await reader.ReadAsync())
            {
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return;
            }

            await SendAsync(context, reader.GetFieldValue<byte[]>(7));
        });
    }

    /// <summary>Runs the server of <see cref="TokenCommand"/>. Each answer has new tokens, like that of a provider that rotates them.</summary>
    public static Task RunTokenAsync(string port)
    {
        var count = 0L;
        return RunAsync(port, async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            var number = Interlocked.Increment(ref count);
            await SendAsync(
                context,
                Encoding.UTF8.GetBytes(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $$"""{"access_token":"access-{{number:d20}}","refresh_token":"refresh-{{number:d20}}","token_type":"Bearer","expires_in":60}"""
                    )
                )
            );
        });
    }

    private static async Task RunAsync(string port, RequestDelegate answer)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));
        await using var app = builder.Build();
        app.Run(answer);
        await app.RunAsync();
    }

    private static Task SendAsync(HttpContext context, byte[] bytes)
    {
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = bytes.Length;
        return context.Response.Body.WriteAsync(bytes, 0, bytes.Length);
    }
}
