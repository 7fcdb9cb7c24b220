using System.Runtime.CompilerServices;
using System.Text.Json;
using Axvault.Api.Http;
using Axvault.Api.Stored;

namespace Axvault.Api.Credentials;

/// <summary>
/// A list of any length in one answer, in the memory of one page. Each page is read after the previous one was sent, and no connection to the database is
/// held while the client reads. The rights of the key are decided once, at the start. A credential that is put or deleted meanwhile may be listed or not;
/// every other one is listed once. A list that cannot be finished is cut off, which shows, because it is not valid JSON.
/// </summary>
/// <remarks>
/// In an order other than that of names, a credential that is refreshed meanwhile may change its place, and be listed twice or not.
/// </remarks>
/// <param name="read">Reads the page of a length that follows a place.</param>
/// <param name="first">The first page, full.</param>
internal sealed class CredentialListStream(Func<ListPlace?, int, CancellationToken, Task<ListPart>> read, ListPart first)
    : StreamedResult<CredentialResponse>("application/json; charset=utf-8")
{
    /// <summary>The number of credentials that are read at a time.</summary>
    public const int PageSize = 500;

    /// <inheritdoc />
    protected override void Begin(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartArray("credentials");
    }

    /// <inheritdoc />
    protected override async IAsyncEnumerable<CredentialResponse> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var part = first; ; part = await read(part.Last, PageSize, cancellationToken))
        {
            foreach (var credential in part.Credentials)
            {
                yield return credential;
            }

            if (part.Credentials.Count < PageSize)
            {
                yield break;
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
