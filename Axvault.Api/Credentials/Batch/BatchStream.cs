using System.Runtime.CompilerServices;
using System.Text.Json;
using Axvault.Api.Http;

namespace Axvault.Api.Credentials.Batch;

/// <summary>
/// The outcomes of a batch that does not fit into memory at once. Each part is read after the previous one was sent. An answer that cannot be finished is cut
/// off, which shows, because it is not valid JSON.
/// </summary>
/// <param name="reader">Reads the parts.</param>
/// <param name="batch">The batch.</param>
/// <param name="first">The outcomes that are read.</param>
internal sealed class BatchStream(BatchReader reader, BatchRun batch, IReadOnlyList<BatchReadOutcome> first)
    : StreamedResult<BatchReadOutcome>("application/json; charset=utf-8")
{
    /// <inheritdoc />
    protected override void Begin(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartArray("credentials");
    }

    /// <inheritdoc />
    protected override async IAsyncEnumerable<BatchReadOutcome> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var part = first; part.Count > 0; part = batch.Left.Count == 0 ? [] : await reader.ReadPartAsync(batch, cancellationToken))
        {
            foreach (var outcome in part)
            {
                yield return outcome;
            }
        }
    }

    /// <inheritdoc />
    protected override void End(Utf8JsonWriter json)
    {
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
