using System.Text.Json.Serialization;

namespace Axvault.Api.Credentials.Login;

/// <summary>The ways to a new login of a credential.</summary>
/// <param name="Provider">The provider, in lower case; absent when nothing names one that the server knows.</param>
/// <param name="Flows">The flows that the server's settings allow: <c>device</c> and <c>paste</c>; none when the agent itself has to log in.</param>
internal sealed record LoginWaysResponse(string? Provider, IReadOnlyList<string> Flows);

/// <summary>The begin of a login.</summary>
/// <param name="Flow">
/// <c>device</c>: a person confirms a code in a browser (RFC 8628). <c>paste</c>: a person logs in, and pastes the address to which the browser was sent.
/// When absent, the first of the flows that the server's settings allow.
/// </param>
internal sealed record BeginLoginRequest(string? Flow);

// A class, because the ToString of a record would print the codes.
/// <summary>A login that has begun.</summary>
internal sealed class LoginResponse
{
    /// <summary>The flow: <c>device</c> or <c>paste</c>.</summary>
    public required string Flow { get; init; }

    /// <summary>The login, for the call that finishes it. Only the key that began it can use it, for this credential.</summary>
    public required string Login { get; init; }

    /// <summary>The time at which the login ends.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>With <c>device</c>: the page on which the person confirms.</summary>
    public string? VerificationUri { get; init; }

    /// <summary>With <c>device</c>: the same page with the code filled in, where the provider has one.</summary>
    public string? VerificationUriComplete { get; init; }

    /// <summary>With <c>device</c>: the code that the person compares or types in.</summary>
    public string? UserCode { get; init; }

    /// <summary>With <c>device</c>: the shortest time between two calls that finish the login, in seconds.</summary>
    public int? Interval { get; init; }

    /// <summary>With <c>paste</c>: the page on which the person logs in.</summary>
    public string? AuthorizationUri { get; init; }
}

// A class, because the ToString of a record would print the answer.
/// <summary>The end of a login.</summary>
internal sealed class FinishLoginRequest
{
    /// <summary>The greatest length of a member, in characters.</summary>
    public const int MaxLength = 8192;

    /// <summary>The login, as the call that began it answered.</summary>
    public string? Login { get; init; }

    /// <summary>
    /// With <c>paste</c>: the whole address to which the browser was sent, or the code and the state that the last page shows, with <c>#</c> between them.
    /// </summary>
    public string? Answer { get; init; }
}

/// <summary>The state of a login.</summary>
/// <param name="Status"><c>pending</c>: the person has not confirmed yet. <c>done</c>: the new tokens are stored.</param>
/// <param name="Interval">With <c>pending</c>: the shortest time to the next call, in seconds.</param>
/// <param name="Login">With <c>pending</c>: the login for the next call, in place of the one that was sent.</param>
/// <param name="UpdatedAt">With <c>done</c>: the time at which the tokens were stored.</param>
internal sealed record LoginProgressResponse(string Status, int? Interval, string? Login, DateTimeOffset? UpdatedAt);

/// <summary>The JSON form of the bodies of this folder, and of what a login carries.</summary>
[JsonSerializable(typeof(LoginWaysResponse))]
[JsonSerializable(typeof(BeginLoginRequest))]
[JsonSerializable(typeof(LoginResponse))]
[JsonSerializable(typeof(FinishLoginRequest))]
[JsonSerializable(typeof(LoginProgressResponse))]
[JsonSerializable(typeof(BegunLogin))]
internal sealed partial class CredentialLoginJsonContext : JsonSerializerContext;
