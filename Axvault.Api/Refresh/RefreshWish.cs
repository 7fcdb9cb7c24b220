namespace Axvault.Api.Refresh;

/// <summary>The reason for a refresh.</summary>
internal enum RefreshWish
{
    /// <summary>A read or a sweep: refresh the credential when it is due.</summary>
    WhenDue,

    /// <summary>An order: refresh now, regardless of the threshold and of past failures.</summary>
    Now,

    /// <summary>As <see cref="Now"/>, even when the provider may have spent the refresh token already.</summary>
    NowAgain,
}
