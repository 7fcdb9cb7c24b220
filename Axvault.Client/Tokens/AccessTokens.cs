using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;

namespace Axvault.Client.Tokens;

/// <summary>The access tokens of an app, in memory. One caller at a time reads each of them.</summary>
internal sealed class AccessTokens(IServiceProvider services, TimeProvider time) : IDisposable
{
    private readonly ConcurrentDictionary<string, TokenSlot> _slots = new();

    /// <summary>Returns a token that is usable for now.</summary>
    /// <param name="name">The name of the credential.</param>
    /// <param name="refused">A token that was answered with 401, and is not returned from memory; <see langword="null"/> for none.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="AxvaultException">The vault hands none out.</exception>
    public async ValueTask<string> GetAsync(string name, string? refused, CancellationToken cancellationToken)
    {
        var slot = _slots.GetOrAdd(name, static _ => new TokenSlot());
        if (slot.Token is { } known && IsUsable(known, refused))
        {
            return known.Secret;
        }

        await slot.Gate.WaitAsync(cancellationToken);
        try
        {
            // Another caller may have read it meanwhile.
            if (slot.Token is { } read && IsUsable(read, refused))
            {
                return read.Secret;
            }

            // The client is made anew, so that its connections follow changes of the server's address.
            var credential = await services.GetRequiredService<AxvaultClient>().Credentials.ReadAsync(name, cancellationToken);
            slot.Token = AccessToken.Of(credential, time.GetUtcNow());
            return slot.Token.Secret;
        }
        catch (AxvaultException exception)
            when (exception.Error is AxvaultError.Unreachable or AxvaultError.Unavailable or AxvaultError.RateLimited
                && slot.Token is { } old
                && old.Secret != refused
                && old.IsAlive(time.GetUtcNow())
            )
        {
            // The vault is away for a while. The token still works, so it is used.
            return slot.Token.Secret;
        }
        finally
        {
            slot.Gate.Release();
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var slot in _slots.Values)
        {
            slot.Dispose();
        }
    }

    private bool IsUsable(AccessToken token, string? refused) => token.Secret != refused && token.IsFresh(time.GetUtcNow());

    private sealed class TokenSlot : IDisposable
    {
        public SemaphoreSlim Gate { get; } = new(1);

        public AccessToken? Token { get; set; }

        public void Dispose() => Gate.Dispose();
    }
}
