using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using Axvault.Api.Http;
using Microsoft.Net.Http.Headers;

namespace Axvault.Api.Audit.Reading;

/// <summary>An export of entries, one JSON object per line. Each entry is written as it is read, so the length does not matter.</summary>
internal sealed class AuditExport(AuditReadStore store, AuditQuery query) : StreamedResult<AuditEntryResponse>(MediaType)
{
    /// <summary>The media type of the export.</summary>
    public const string MediaType = "application/x-ndjson";

    /// <summary>Returns <see langword="true"/> when the client accepts an export; otherwise <see langword="false"/>.</summary>
    public static bool IsAcceptedBy(HttpRequest request) =>
        MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var types)
        && types.Any(static type => type.MediaType.Equals(MediaType, StringComparison.OrdinalIgnoreCase) && type.Quality is not 0);

    /// <summary>All characters outside of ASCII are escaped: the lines are read in terminals, and some of these characters would end or reorder one.</summary>
    protected override JavaScriptEncoder Encoder => JavaScriptEncoder.Default;

    /// <inheritdoc />
    protected override async IAsyncEnumerable<AuditEntryResponse> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var entry in store.ReadAsync(query, cancellationToken))
        {
            yield return AuditEntryResponse.Of(entry);
        }
    }

    /// <inheritdoc />
    protected override void EndItem(Utf8JsonWriter json, PipeWriter body)
    {
        json.Flush();
        json.Reset();
        body.Write("\n"u8);
    }
}
