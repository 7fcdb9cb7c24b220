namespace Axvault.Tests.Provider;

/// <summary>
/// Handles concurrent uses of one refresh token one after another. OpenIddict would grant all of them, because it ignores that another
/// request redeemed the token first. In sequence they meet its reuse detection, as at the strictest providers.
/// </summary>
internal static class TokenQueue
{
    private const int Queues = 256;

    /// <summary>Puts the queue in front of everything that follows.</summary>
    public static void UseTokenQueue(this IApplicationBuilder app)
    {
        var uses = app.ApplicationServices.GetRequiredService<TokenUses>();
        var queues = Enumerable.Range(0, Queues).Select(static _ => new SemaphoreSlim(1)).ToArray();
        app.Use(
            async (context, next) =>
            {
                if (await RefreshTokenAsync(context.Request) is not { Length: > 0 } token)
                {
                    await next(context);
                    return;
                }

                var queue = queues[(uint)string.GetHashCode(token, StringComparison.Ordinal) % Queues];
                await queue.WaitAsync(context.RequestAborted);
                try
                {
                    await next(context);
                    uses.Add(token, context.Response.StatusCode);
                }
                finally
                {
                    queue.Release();
                }
            }
        );
    }

    private static async Task<string?> RefreshTokenAsync(HttpRequest request)
    {
        if (request.Path != ProviderClients.TokenPath || !request.HasFormContentType)
        {
            return null;
        }

        var form = await request.ReadFormAsync(request.HttpContext.RequestAborted);
        return form["refresh_token"];
    }
}
