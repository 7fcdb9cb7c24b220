namespace Axvault.Api.ReadCache;

/// <summary>Marks a call that cached rows may decide: it changes nothing, or only in the transaction that confirms them.</summary>
internal sealed class UsesReadCache
{
    /// <summary>The mark.</summary>
    public static readonly UsesReadCache Instance = new();

    private UsesReadCache() { }
}

/// <summary>Marks calls.</summary>
internal static class ReadCacheRoutes
{
    /// <summary>Lets cached rows decide the call.</summary>
    public static RouteHandlerBuilder MayUseReadCache(this RouteHandlerBuilder route) => route.WithMetadata(UsesReadCache.Instance);
}
