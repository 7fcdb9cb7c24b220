using System.Text.Json;
using Axvault.Api.Audit;
using Axvault.Api.Database;
using Axvault.Api.Encryption;
using Axvault.Api.Http;
using Microsoft.AspNetCore.Diagnostics;
using Npgsql;

namespace Axvault.Api.Pipeline;

/// <summary>The only place that turns an exception into a problem answer. The client learns the kind of the exception and nothing else.</summary>
internal sealed partial class FaultHandler(IProblemDetailsService problems, ILogger<FaultHandler> logger) : IExceptionHandler
{
    /// <inheritdoc />
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (httpContext.RequestAborted.IsCancellationRequested && exception is OperationCanceledException)
        {
            httpContext.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            return true;
        }

        var (status, detail) = Describe(exception);
        httpContext.Response.StatusCode = status;
        if (status is StatusCodes.Status503ServiceUnavailable or StatusCodes.Status429TooManyRequests)
        {
            httpContext.Response.Headers.RetryAfter = "1";
        }

        return await problems.TryWriteAsync(
            new ProblemDetailsContext
            {
                HttpContext = httpContext,
                Exception = exception,
                ProblemDetails = { Status = status, Detail = detail },
            }
        );
    }

    private (int Status, string Detail) Describe(Exception exception)
    {
        switch (exception)
        {
            case BadHttpRequestException { InnerException: JsonException json }:
                return (StatusCodes.Status400BadRequest, JsonFault.Describe(json));
            case BadHttpRequestException bad:
                return (bad.StatusCode, ErrorCode.Describe(bad.StatusCode));
            case OverBudgetException over:
                return (over.Status, over.Message);
            case EnvelopeException { Fault: EnvelopeFault.UnknownKek } fault:
                Log.UnknownKey(logger, fault);
                return (StatusCodes.Status503ServiceUnavailable, "The stored data is encrypted under a key that this server does not have.");
            case AuditUnavailableException:
                return (StatusCodes.Status503ServiceUnavailable, "The audit log cannot be written. Until it can, no credential is handed out. Try again.");
            case var _ when DatabaseFault.IsUnavailable(exception):
                Log.DatabaseUnavailable(logger, (exception as PostgresException)?.SqlState ?? exception.GetType().Name, exception.Message);
                return (StatusCodes.Status503ServiceUnavailable, "The database does not answer. Try again.");
            default:
                Log.Unexpected(logger, exception);
                return (StatusCodes.Status500InternalServerError, "The server failed unexpectedly. Its log has the details under this trace id.");
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "Stored data is encrypted under a key that is not configured: is this server older than a key rotation?")]
        public static partial void UnknownKey(ILogger logger, Exception exception);

        [LoggerMessage(LogLevel.Error, "The database does not serve ({SqlState}): {Reason}")]
        public static partial void DatabaseUnavailable(ILogger logger, string sqlState, string reason);

        [LoggerMessage(LogLevel.Error, "A request failed")]
        public static partial void Unexpected(ILogger logger, Exception exception);
    }
}
