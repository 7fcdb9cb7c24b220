using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace Axvault.Bench.Floors;

/// <summary>Bare Kestrel, without routing, logs or middleware: what nothing that speaks HTTP here can be faster than.</summary>
internal static class FloorServer
{
    /// <summary>Starts one that answers fixed JSON of 1 KiB.</summary>
    public const string FixedCommand = "floor-fixed";

    /// <summary>Starts one that answers what a prepared select of one row by name finds.</summary>
    public const string SelectCommand = "floor-select";

    /// <summary>Starts a token endpoint that grants whatever is asked (RFC 6749 §5.1), for so short a time that the tokens are due again at once.</summary>
    public const string TokenCommand = "floor-token";

    /// <summary>Names the database of <see cref="SelectCommand"/>.</summary>
    public const string DatabaseVariable = "AXVAULT_BENCH_DATABASE";

    private static readonly byte[] Fixed = Encoding.UTF8.GetBytes($$"""{"value":"{{new string('x', 1000)}}"}""");

    /// <summary>Runs the first.</summary>
    public static Task RunFixedAsync(string port) => RunAsync(port, static context => SendAsync(context, Fixed));

    /// <summary>Runs the second.</summary>
    public static async Task RunSelectAsync(string port)
    {
        var connection = new NpgsqlConnectionStringBuilder(Environment.GetEnvironmentVariable(DatabaseVariable)) { MaxAutoPrepare = 4, AutoPrepareMinUsages = 1, MaxPoolSize = 20 };
        await using var database = NpgsqlDataSource.Create(connection.ConnectionString);
        await RunAsync(port, async context =>
        {
            if (context.Request.Path.Value is not { Length: > 1 } path)
            {
                return;
            }

            await using var command = database.CreateCommand("select name, type, agent, provider, expires_at, created_at, updated_at, envelope from axvault.credential where name = $1");
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

    /// <summary>Runs the third. Each token is another one, as a provider's are that rotate.</summary>
    public static Task RunTokenAsync(string port)
    {
        var count = 0L;
        return RunAsync(port, async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            var number = Interlocked.Increment(ref count);
            await SendAsync(context, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $$"""{"access_token":"access-{{number:d20}}","refresh_token":"refresh-{{number:d20}}","token_type":"Bearer","expires_in":60}""")));
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
