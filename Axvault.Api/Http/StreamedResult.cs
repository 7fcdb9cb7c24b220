using System.IO.Pipelines;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Options;
using JsonOptions = Microsoft.AspNetCore.Http.Json.JsonOptions;

namespace Axvault.Api.Http;

/// <summary>An answer of any length that is written while its items are read, so its memory does not grow with it.</summary>
/// <typeparam name="T">The type of an item, known to the JSON contexts of the API.</typeparam>
/// <param name="contentType">The content type.</param>
internal abstract class StreamedResult<T>(string contentType) : IResult, IStatusCodeHttpResult, IContentTypeHttpResult
{
    private const int FlushBytes = 32 * 1024;

    /// <inheritdoc />
    public int? StatusCode => StatusCodes.Status200OK;

    /// <inheritdoc />
    public string ContentType => contentType;

    /// <summary>The escaping of texts; <see langword="null"/> for that of all answers.</summary>
    protected virtual JavaScriptEncoder? Encoder => null;

    /// <inheritdoc />
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var options = httpContext.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        var type = (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T));
        httpContext.Response.ContentType = contentType;
        var (body, aborted) = (httpContext.Response.BodyWriter, httpContext.RequestAborted);
        await using var json = new Utf8JsonWriter(body, new JsonWriterOptions { Encoder = Encoder ?? options.Encoder, SkipValidation = true });
        Begin(json);
        await foreach (var item in ReadAsync(aborted))
        {
            JsonSerializer.Serialize(json, item, type);
            EndItem(json, body);
            if (json.BytesPending + body.UnflushedBytes >= FlushBytes)
            {
                json.Flush();
                await body.FlushAsync(aborted);
            }
        }

        End(json);
        json.Flush();
        await body.FlushAsync(aborted);
    }

    /// <summary>Reads the items.</summary>
    protected abstract IAsyncEnumerable<T> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Writes the text before the first item.</summary>
    protected virtual void Begin(Utf8JsonWriter json) { }

    /// <summary>Writes the text after an item.</summary>
    protected virtual void EndItem(Utf8JsonWriter json, PipeWriter body) { }

    /// <summary>Writes the text after the last item.</summary>
    protected virtual void End(Utf8JsonWriter json) { }
}
