using System.Net;
using System.Net.Http.Headers;

namespace Axvault.Client.Identity;

/// <summary>Authenticates each request. A key of a workload that is refused is replaced once.</summary>
internal sealed class KeyHandler(ApiKeySource source) : DelegatingHandler
{
    /// <inheritdoc />
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var key = await source.GetAsync(cancellationToken);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        var answer = await base.SendAsync(request, cancellationToken);
        if (answer.StatusCode != HttpStatusCode.Unauthorized || !source.Replaces(key))
        {
            return answer;
        }

        // A refused request was not carried out, and the bodies of this client are in memory. So it can be sent again.
        answer.Dispose();
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await source.GetAsync(cancellationToken));
        return await base.SendAsync(request, cancellationToken);
    }
}
