using System.Net;

namespace Axvault.Client;

/// <summary>A call that failed. The message says what is wrong and never holds a secret.</summary>
/// <example>
/// <code>
/// try { await vault.Credentials.ReadAsync("claude.prod"); }
/// catch (AxvaultException exception) when (exception.Error == AxvaultError.Forbidden) { … }
/// </code>
/// </example>
public sealed class AxvaultException : Exception
{
    /// <summary>Creates an exception.</summary>
    /// <param name="error">The kind of failure.</param>
    /// <param name="message">The message, without a secret.</param>
    /// <param name="innerException">The cause.</param>
    public AxvaultException(AxvaultError error, string message, Exception? innerException = null)
        : base(message, innerException) => Error = error;

    /// <summary>The kind of failure.</summary>
    public AxvaultError Error { get; }

    /// <summary>The HTTP status; <see langword="null"/> when there was no answer.</summary>
    public HttpStatusCode? Status { get; init; }

    /// <summary>The rule of each wrong field of the request; empty when no field is wrong.</summary>
    public IReadOnlyDictionary<string, string> Errors { get; init; } = new Dictionary<string, string>();

    /// <summary>The time after which to try again; <see langword="null"/> when the server names none.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The code of a failed refresh, such as <c>invalid_grant</c>; <see langword="null"/> for other failures.</summary>
    public string? Reason { get; init; }

    /// <summary>The id of the server's trace; <see langword="null"/> when there is none.</summary>
    public string? TraceId { get; init; }
}
