using Axvault.Api.Encryption;
using Axvault.Api.Reference;
using Axvault.Api.Startup;

namespace Axvault.Api.CommandLine;

/// <summary>The run of <c>axvault openapi</c>. With the generator, the document comes from a server that is built and never started.</summary>
/// <remarks>The native server has no generator, so it writes the document that was built in.</remarks>
internal static class DocumentRun
{
    /// <summary>Creates a builder that ignores the environment.</summary>
    public static WebApplicationBuilder CreateBuilder()
    {
        var builder = ServerHost.CreateBuilder(new Dictionary<string, string?>());
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection();
        return builder;
    }

    /// <summary>Returns the settings of a server that is never started: the defaults, and an unused key.</summary>
    public static AxvaultOptions Options()
    {
        var settings = new ConfigurationBuilder()
            .AddInMemoryCollection(
                [
                    new(EncryptionOptions.KeySetting.Variable, new string('0', EncryptionSecret.MinLength)),
                    new(AxvaultOptions.DocsSetting.Variable, "on"),
                ]
            )
            .Build();
        return AxvaultOptions.TryRead(settings, out var options, out var problems)
            ? options
            : throw new InvalidOperationException(string.Join(' ', problems));
    }

    /// <summary>Writes the embedded document to standard output.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> WriteBuiltInAsync()
    {
        await using var document = ApiDocument.Open();
        await using var output = Console.OpenStandardOutput();
        await document.CopyToAsync(output);
        return ExitCode.Success;
    }

    /// <summary>Generates the document, and writes it to standard output.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> WriteDocumentAsync(this WebApplication app)
    {
        // The host does this when it starts. Before that, no service knows the endpoints.
        app.UseEndpoints(static _ => { });
        var document = await app.Services.GetRequiredService<DocumentGenerator>().MakeAsync();
        await using var output = Console.OpenStandardOutput();
        await output.WriteAsync(document);
        return ExitCode.Success;
    }
}
