using System.Text.Json;
using Axvault.Api.Database;
using Axvault.Api.Encryption;
using Axvault.Api.Http;

namespace Axvault.Api.Audit;

/// <summary>The status of a call that an exception ended. The audit entry and the answer tell the same one.</summary>
internal static class FaultStatus
{
    /// <summary>Returns the status that <paramref name="exception"/> is answered with.</summary>
    public static int Of(Exception exception) =>
        exception switch
        {
            BadHttpRequestException { InnerException: JsonException } => StatusCodes.Status400BadRequest,
            BadHttpRequestException bad => bad.StatusCode,
            OverBudgetException over => over.Status,
            OperationCanceledException => StatusCodes.Status499ClientClosedRequest,
            EnvelopeException { Fault: EnvelopeFault.UnknownKek } or AuditUnavailableException => StatusCodes.Status503ServiceUnavailable,
            _ => DatabaseFault.IsUnavailable(exception) ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status500InternalServerError,
        };
}
