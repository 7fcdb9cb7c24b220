namespace Axvault.Api.Encryption;

/// <summary>The purpose of a sealed text (<see cref="TextSeal"/>).</summary>
internal enum SealPurpose : byte
{
    /// <summary>The cookie of a session.</summary>
    Session = 1,

    /// <summary>The draft of a form.</summary>
    Draft = 2,

    /// <summary>A login that has begun.</summary>
    Login = 3,

    /// <summary>The cookie of a sign-in that is under way.</summary>
    SignIn = 4,

    /// <summary>A login that has begun, in the page of a session.</summary>
    LoginDraft = 5,
}
