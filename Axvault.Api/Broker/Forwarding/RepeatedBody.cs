using Axvault.Api.RateLimits;
using Axvault.Api.Stored;
using Microsoft.AspNetCore.Http.Features;

namespace Axvault.Api.Broker.Forwarding;

/// <summary>A body that is kept, so that the call can be sent again with a fresh token. Only logins are refreshed, so only their calls keep one.</summary>
internal sealed class RepeatedBody
{
    private const int MaxBytes = 1024 * 1024;

    // The minimum rate of the server alone would let a body hold its memory for an hour.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly HttpContext _context;
    private readonly MemoryStream _bytes;

    private RepeatedBody(HttpContext context, MemoryStream bytes) => (_context, _bytes) = (context, bytes);

    /// <summary>Reads the body of a call. Returns <see langword="null"/> when the call cannot be sent twice.</summary>
    public static async Task<RepeatedBody?> ReadAsync(HttpContext context, CallPlan plan, CancellationToken cancellationToken)
    {
        var request = context.Request;
        var hasUnknownLength = request.ContentLength is null && context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody != false;
        if (plan.Credential.Stored.Metadata.Attributes.Type != CredentialType.OAuthCredentials || hasUnknownLength)
        {
            return null;
        }

        var length = request.ContentLength ?? 0;
        if (length > MaxBytes || !RequestMemory.Of(context).TryKeepBody(length))
        {
            return null;
        }

        var bytes = new MemoryStream((int)length);
        bytes.SetLength(length);
        await ReadAsync(context, bytes.GetBuffer().AsMemory(0, (int)length), cancellationToken);
        var body = new RepeatedBody(context, bytes);
        body.Rewind();
        return body;
    }

    /// <summary>Puts the body in place for the next attempt.</summary>
    public void Rewind()
    {
        _bytes.Position = 0;
        if (_bytes.Length > 0)
        {
            _context.Request.Body = _bytes;
        }
    }

    /// <summary>Returns the memory of the body, which no further attempt needs. The answer may stream for an hour.</summary>
    public void Release()
    {
        if (_bytes.Position < _bytes.Length)
        {
            // The upstream answers before it has read the whole body.
            return;
        }

        _bytes.SetLength(0);
        _bytes.Capacity = 0;
        RequestMemory.Of(_context).ReleaseBody();
    }

    private static async Task ReadAsync(HttpContext context, Memory<byte> bytes, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Patience, context.RequestServices.GetRequiredService<TimeProvider>());
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            await context.Request.Body.ReadExactlyAsync(bytes, either.Token);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new BadHttpRequestException("The body did not arrive in time.", StatusCodes.Status408RequestTimeout);
        }
    }
}
