using System.Buffers;
using System.Text.Json;
using Microsoft.Net.Http.Headers;

namespace Axvault.Api.Audit.Reading;

/// <summary>Every entry that was asked for as one JSON object a line, however many there are: each is written as it is read.</summary>
internal sealed class AuditExport(AuditReadStore store, AuditQuery query) : IResult, IStatusCodeHttpResult, IContentTypeHttpResult
{
    /// <summary>The type of a body of lines.</summary>
    public const string MediaType = "application/x-ndjson";

    private const int FlushBytes = 32 * 1024;

    /// <inheritdoc />
    public int? StatusCode => StatusCodes.Status200OK;

    /// <inheritdoc />
    public string ContentType => MediaType;

    /// <summary>Whether the client asks for lines.</summary>
    public static bool IsAcceptedBy(HttpRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);

        return MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var types) && types.Any(static type => type.MediaType.Equals(MediaType, StringComparison.OrdinalIgnoreCase) && type.Quality is not 0);
    }

    /// <inheritdoc />
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        ArgumentNullException.ThrowIfNull(httpContext);

        var json = httpContext.RequestServices.GetRequiredService<Microsoft.Extensions.Options.IOptions<Microsoft.AspNetCore.Http.Json.JsonOptions>>().Value.SerializerOptions;
        var type = (System.Text.Json.Serialization.Metadata.JsonTypeInfo<AuditEntryResponse>)json.GetTypeInfo(typeof(AuditEntryResponse));
        var response = httpContext.Response;
        response.ContentType = MediaType;
        var body = response.BodyWriter;
        await using var writer = new Utf8JsonWriter(body, new JsonWriterOptions { Encoder = json.Encoder, SkipValidation = true });
        await foreach (var entry in store.ReadAsync(query, httpContext.RequestAborted))
        {
            JsonSerializer.Serialize(writer, AuditEntryResponse.Of(entry), type);
            writer.Flush();
            writer.Reset();
            body.Write("\n"u8);
            if (body.UnflushedBytes >= FlushBytes)
            {
                await body.FlushAsync(httpContext.RequestAborted);
            }
        }
    }
}
