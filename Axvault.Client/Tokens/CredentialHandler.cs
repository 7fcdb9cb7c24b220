using System.Net;
using System.Net.Http.Headers;

namespace Axvault.Client.Tokens;

/// <summary>Puts an access token on each request. A refused token is read again once.</summary>
internal sealed class CredentialHandler(AccessTokens tokens, string name, string header) : DelegatingHandler
{
    private const int MaxRepeatedBytes = 1024 * 1024;

    /// <inheritdoc />
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // A body that is read once is gone after the first try.
        var canRepeat = request.Content is null || request.Content.Headers.ContentLength <= MaxRepeatedBytes;
        if (canRepeat && request.Content is { } content)
        {
            await content.LoadIntoBufferAsync(cancellationToken);
        }

        var token = await tokens.GetAsync(name, refused: null, cancellationToken);
        Set(request, token);
        var answer = await base.SendAsync(request, cancellationToken);
        if (answer.StatusCode != HttpStatusCode.Unauthorized)
        {
            return answer;
        }

        var other = await FindOtherAsync(token, cancellationToken);
        if (other is null || other == token || !canRepeat)
        {
            return answer;
        }

        answer.Dispose();
        Set(request, other);
        return await base.SendAsync(request, cancellationToken);
    }

    // Without the vault, the refusal of the upstream is the answer.
    private async ValueTask<string?> FindOtherAsync(string refused, CancellationToken cancellationToken)
    {
        try
        {
            return await tokens.GetAsync(name, refused, cancellationToken);
        }
        catch (AxvaultException)
        {
            return null;
        }
    }

    private void Set(HttpRequestMessage request, string token)
    {
        if (header.Equals("Authorization", StringComparison.OrdinalIgnoreCase))
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }
        else
        {
            request.Headers.Remove(header);
            request.Headers.Add(header, token);
        }
    }
}
