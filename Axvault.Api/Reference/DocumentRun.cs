using Axvault.Api.CommandLine;
using Axvault.Api.Configuration;

namespace Axvault.Api.Reference;

/// <summary>What <c>axvault openapi</c> does: where the document can be made, it builds the server, never starts it, and writes what its endpoints say of themselves; else it writes what was built in.</summary>
internal static class DocumentRun
{
    /// <summary>Makes a builder that no variable of the environment changes.</summary>
    public static WebApplicationBuilder CreateBuilder()
    {
        var builder = Startup.VaultHost.CreateBuilder(new Dictionary<string, string?>());
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection();
        return builder;
    }

    /// <summary>The settings of a server that is never started: the defaults, and a key that nothing is encrypted with.</summary>
    public static AxvaultOptions Options()
    {
        var settings = new ConfigurationBuilder()
            .AddInMemoryCollection([new(Setting.EncryptionKey.Variable, new string('0', EncryptionSecret.MinLength)), new(Setting.Docs.Variable, "on")])
            .Build();
        return AxvaultOptionsReader.TryRead(settings, out var options, out var problems)
            ? options
            : throw new InvalidOperationException(string.Join(' ', problems));
    }

    /// <summary>Writes the document that was built in to standard output.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> WriteBuiltInAsync()
    {
        await using var document = ApiDocument.Open();
        await using var output = Console.OpenStandardOutput();
        await document.CopyToAsync(output);
        return ExitCode.Success;
    }

    /// <summary>Makes the document, and writes it to standard output.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> WriteDocumentAsync(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);

        // The host does this when it starts: before it, nobody knows of the endpoints.
        app.UseEndpoints(static _ => { });
        var document = await app.Services.GetRequiredService<DocumentGenerator>().MakeAsync();
        await using var output = Console.OpenStandardOutput();
        await output.WriteAsync(document);
        return ExitCode.Success;
    }
}
