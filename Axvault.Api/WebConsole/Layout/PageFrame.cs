namespace Axvault.Api.WebConsole.Layout;

/// <summary>All that the frame of a page shows.</summary>
/// <param name="Title">The title of the page.</param>
/// <param name="Section">The section of the navigation that the page belongs to.</param>
/// <param name="SignedIn">The key of the session; <see langword="null"/> before the sign-in.</param>
/// <param name="Notice">The sentence about a change that was just made; <see langword="null"/> for none.</param>
public sealed record PageFrame(string Title, ConsoleSection Section, SignedIn? SignedIn, string? Notice);

/// <summary>The key of a session, as pages show it.</summary>
/// <param name="KeyName">The name of the key.</param>
/// <param name="KeyId">The id of the key.</param>
/// <param name="FormToken">The token for forms.</param>
public sealed record SignedIn(string KeyName, string KeyId, string FormToken);

/// <summary>The sections of the navigation.</summary>
public enum ConsoleSection
{
    /// <summary>A page outside the navigation.</summary>
    None,

    /// <summary>The overview.</summary>
    Overview,

    /// <summary>The credentials.</summary>
    Credentials,

    /// <summary>The API keys.</summary>
    Keys,

    /// <summary>The rules and issuers of workload identity.</summary>
    Workloads,

    /// <summary>The audit log.</summary>
    Audit,

    /// <summary>The use of the broker.</summary>
    Usage,

    /// <summary>The servers of the fleet.</summary>
    Servers,
}
