using Microsoft.AspNetCore.Http;

namespace Axvault.Tests.Provider;

/// <summary>One request of a client, at the point where it is answered.</summary>
/// <param name="context">The client's side.</param>
/// <param name="provider">What the provider answered; <see langword="null"/> when it was not asked.</param>
/// <param name="redirectTarget">Where a redirection leads.</param>
/// <param name="end">Ends with the client or with the proxy.</param>
internal sealed class FaultExchange(HttpContext context, ProviderAnswer? provider, Uri redirectTarget, CancellationToken end)
{
    private const string Json = "application/json;charset=UTF-8";

    /// <summary>What the provider answered.</summary>
    public ProviderAnswer Provider => provider ?? throw new InvalidOperationException("This fault needs the provider's answer: the request must be forwarded.");

    /// <summary>Where a redirection leads.</summary>
    public Uri RedirectTarget => redirectTarget;

    /// <summary>Begins an answer that has no announced end.</summary>
    public HttpResponse Begin(int status, string? contentType = Json)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        return context.Response;
    }

    /// <summary>Begins an answer that is to have <paramref name="length"/> bytes.</summary>
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

    /// <summary>Waits until the client or the test gives up.</summary>
    public Task WaitForEndAsync() => Task.Delay(Timeout.InfiniteTimeSpan, end);

    /// <summary>Cuts the connection.</summary>
    public void Cut() => context.Abort();
}
