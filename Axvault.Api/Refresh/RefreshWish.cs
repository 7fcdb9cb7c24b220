namespace Axvault.Api.Refresh;

/// <summary>Why a refresh is wished for.</summary>
internal enum RefreshWish
{
    /// <summary>A credential is read, or looked through: refresh it when it is due.</summary>
    WhenDue,

    /// <summary>Somebody ordered it: now, whatever the threshold and past failures say.</summary>
    Now,

    /// <summary>As <see cref="Now"/>, and although nobody knows whether the provider has taken the token already.</summary>
    NowAgain,
}
