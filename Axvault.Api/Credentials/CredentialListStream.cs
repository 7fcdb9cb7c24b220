using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Axvault.Api.Authorization;
using Microsoft.Extensions.Options;
using JsonOptions = Microsoft.AspNetCore.Http.Json.JsonOptions;

namespace Axvault.Api.Credentials;

/// <summary>
/// A list of any length in one answer, in the memory of one page: each page is read when the one before is sent, and no connection to the database is
/// held while the client takes its time. What the key may read is decided once, at the start; what is put or deleted meanwhile may be in the list or not, and
/// everything else is in it once. A list that cannot be finished is cut off, which shows: it is no JSON.
/// </summary>
/// <param name="read">Reads the page of a length from after a name.</param>
/// <param name="first">The first page, full.</param>
internal sealed class CredentialListStream(Func<CredentialName?, int, CancellationToken, Task<List<CredentialResponse>>> read, List<CredentialResponse> first) : IResult, IStatusCodeHttpResult, IContentTypeHttpResult
{
    /// <summary>How many credentials are read at a time.</summary>
    public const int PageSize = 500;

    private const int FlushBytes = 32 * 1024;

    /// <inheritdoc />
    public int? StatusCode => StatusCodes.Status200OK;

    /// <inheritdoc />
    public string ContentType => "application/json; charset=utf-8";

    /// <inheritdoc />
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        ArgumentNullException.ThrowIfNull(httpContext);

        var options = httpContext.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        var type = (JsonTypeInfo<CredentialResponse>)options.GetTypeInfo(typeof(CredentialResponse));
        httpContext.Response.ContentType = ContentType;
        var (body, aborted) = (httpContext.Response.BodyWriter, httpContext.RequestAborted);
        await using var json = new Utf8JsonWriter(body, new JsonWriterOptions { Encoder = options.Encoder, SkipValidation = true });
        json.WriteStartObject();
        json.WriteStartArray("credentials");
        for (var page = first; page.Count > 0; page = page.Count == PageSize ? await read(CredentialName.FromStored(page[^1].Name), PageSize, aborted) : [])
        {
            foreach (var credential in page)
            {
                JsonSerializer.Serialize(json, credential, type);
                if (json.BytesPending + body.UnflushedBytes >= FlushBytes)
                {
                    json.Flush();
                    await body.FlushAsync(aborted);
                }
            }
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        await body.FlushAsync(aborted);
    }
}
