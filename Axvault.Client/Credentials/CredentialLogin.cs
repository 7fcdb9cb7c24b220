namespace Axvault.Client;

/// <summary>The ways to a new login of a credential.</summary>
/// <param name="Provider">The provider; <see langword="null"/> when the server knows none.</param>
/// <param name="Flows">The flows that the server's settings allow: <c>device</c> and <c>paste</c>; none when the agent itself has to log in.</param>
/// <example><code>var canLogIn = (await vault.Credentials.FindLoginFlowsAsync("acme.prod")).Flows.Count > 0;</code></example>
public sealed record LoginFlows(string? Provider, IReadOnlyList<string> Flows);

/// <summary>A login that has begun. It holds codes for one person, so it is never printed.</summary>
/// <example><code>Console.WriteLine($"Open {login.VerificationUri} and enter {login.UserCode}");</code></example>
public sealed class BegunLogin
{
    /// <summary>The flow: <c>device</c> or <c>paste</c>.</summary>
    public required string Flow { get; init; }

    /// <summary>The login, for <see cref="CredentialsClient.FinishLoginAsync"/>.</summary>
    public required string Login { get; init; }

    /// <summary>The time at which the login ends.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>With <c>device</c>: the page on which the person confirms.</summary>
    public Uri? VerificationUri { get; init; }

    /// <summary>With <c>device</c>: the same page with the code filled in, where the provider has one.</summary>
    public Uri? VerificationUriComplete { get; init; }

    /// <summary>With <c>device</c>: the code that the person compares or types in.</summary>
    public string? UserCode { get; init; }

    /// <summary>With <c>device</c>: the shortest time between two calls that finish the login, in seconds.</summary>
    public int? Interval { get; init; }

    /// <summary>With <c>paste</c>: the page on which the person logs in.</summary>
    public Uri? AuthorizationUri { get; init; }

    /// <summary>Returns the login for the next call that finishes it.</summary>
    /// <param name="progress">The state of the login, as the last call returned it.</param>
    /// <returns>The login, with the interval and the text that hold from now on.</returns>
    /// <example><code>login = login.After(await vault.Credentials.FinishLoginAsync("acme.prod", login.Login));</code></example>
    public BegunLogin After(LoginProgress progress)
    {
        ArgumentNullException.ThrowIfNull(progress);

        return new()
        {
            Flow = Flow,
            Login = progress.Login ?? Login,
            ExpiresAt = ExpiresAt,
            VerificationUri = VerificationUri,
            VerificationUriComplete = VerificationUriComplete,
            UserCode = UserCode,
            Interval = progress.Interval ?? Interval,
            AuthorizationUri = AuthorizationUri,
        };
    }

    /// <inheritdoc />
    public override string ToString() => $"{Flow} login until {ExpiresAt:u}";
}

/// <summary>The state of a login.</summary>
/// <param name="Status"><c>pending</c>: the person has not confirmed yet. <c>done</c>: the new tokens are stored.</param>
/// <param name="Interval">With <c>pending</c>: the shortest time to the next call, in seconds.</param>
/// <param name="UpdatedAt">With <c>done</c>: the time at which the tokens were stored.</param>
/// <example><code>var isDone = progress.Status == "done";</code></example>
public sealed record LoginProgress(string Status, int? Interval, DateTimeOffset? UpdatedAt)
{
    /// <summary>With <c>pending</c>: the login for the next call, in place of the one that was sent.</summary>
    public string? Login { get; init; }
}
