using Microsoft.AspNetCore.Http;

namespace Axvault.Tests.Harness.Provider;

/// <summary>One request of a client, at the point where it is answered.</summary>
/// <param name="context">The connection to the client.</param>
/// <param name="provider">The provider's answer; <see langword="null"/> when it was not asked.</param>
/// <param name="redirectTarget">The target of a redirection.</param>
/// <param name="end">Cancelled when the client has gone or the proxy stops.</param>
internal sealed class FaultExchange(HttpContext context, ProviderAnswer? provider, Uri redirectTarget, CancellationToken end)
{
    private const string Json = "application/json;charset=UTF-8";

    /// <summary>The provider's answer.</summary>
    public ProviderAnswer Provider => provider ?? throw new InvalidOperationException("This fault needs the provider's answer: the request must be forwarded.");

    /// <summary>The target of a redirection.</summary>
    public Uri RedirectTarget => redirectTarget;

    /// <summary>Begins an answer without an announced length.</summary>
    public HttpResponse Begin(int status, string? contentType = Json)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        return context.Response;
    }

    /// <summary>Begins an answer with an announced length of <paramref name="length"/> bytes.</summary>
    public HttpResponse Begin(int status, string? contentType, long length)
    {
        var response = Begin(status, contentType);
        response.ContentLength = length;
        return response;
    }

    /// <summary>Writes a part of the body, and sends it.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        await context.Response.Body.WriteAsync(bytes, end);
        await context.Response.Body.FlushAsync(end);
    }

    /// <summary>Waits until the client goes or the proxy stops.</summary>
    public Task WaitForEndAsync() => Task.Delay(Timeout.InfiniteTimeSpan, end);

    /// <summary>Cuts the connection.</summary>
    public void Cut() => context.Abort();
}
