using System.Net;
using Axvault.Api.Broker.Running;
using Yarp.ReverseProxy.Forwarder;

namespace Axvault.Api.Broker.Forwarding;

/// <summary>The reason for which a call has no whole answer of its upstream.</summary>
/// <param name="Status">The status of the answer, when none has begun.</param>
/// <param name="Word">The reason, for the audit log.</param>
/// <param name="Message">The sentence for the client.</param>
internal sealed record CallFault(int Status, string Word, string Message)
{
    /// <summary><see langword="true"/> when the upstream did not answer as it should; otherwise <see langword="false"/>.</summary>
    public bool IsOfUpstream => Status >= StatusCodes.Status500InternalServerError;

    /// <summary>The fault of a call that ended by an error of this server, which its log has.</summary>
    public static readonly CallFault OfServer = new(StatusCodes.Status500InternalServerError, "the call failed in this server", "The call failed.");

    private static readonly CallFault BodyBrokeOff = new(
        StatusCodes.Status400BadRequest,
        "the body of the client broke off",
        "The body of the request broke off."
    );

    private static readonly CallFault BodyTooSlow = new(
        StatusCodes.Status400BadRequest,
        "the body of the client was too slow",
        "The body of the request arrived too slowly."
    );

    /// <summary>The fault of a call whose client has gone.</summary>
    public static readonly CallFault ClientLeft = new(StatusCodes.Status499ClientClosedRequest, "the client left", "The client left.");

    /// <summary>Returns the fault when a client's body or its absence caused <paramref name="exception"/>; otherwise <see langword="null"/>.</summary>
    public static CallFault? OfClient(Exception? exception, CancellationToken client) =>
        exception switch
        {
            null => null,
            BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => new(
                StatusCodes.Status413PayloadTooLarge,
                "the body of the client was too large",
                "The body of the request is greater than 32 MiB."
            ),
            BadHttpRequestException { StatusCode: StatusCodes.Status408RequestTimeout } => BodyTooSlow,
            BadHttpRequestException => BodyBrokeOff,
            OperationCanceledException or IOException when client.IsCancellationRequested => ClientLeft,
            AggregateException all => all.InnerExceptions.Select(inner => OfClient(inner, client)).FirstOrDefault(static fault => fault is not null),
            _ => OfClient(exception.InnerException, client),
        };

    /// <summary>Returns the fault of a call that this server ended.</summary>
    public static CallFault Ended(string reason) =>
        reason == RunningReasons.Stopping
            ? new CallFault(StatusCodes.Status503ServiceUnavailable, reason, "The server stops. Try again.")
            : new CallFault(StatusCodes.Status400BadRequest, reason, $"The call was ended: {reason}.");

    /// <summary>Returns the fault of an answer that does not go to the client.</summary>
    public static CallFault Withheld(CallPlan plan, HttpStatusCode status) =>
        status == HttpStatusCode.Unauthorized
            // 401 would make the agent ask its user to log in, and it is not the user's login.
            ? new CallFault(
                StatusCodes.Status400BadRequest,
                "the upstream refused the credential",
                $"The provider refused the credential {plan.Name}. Put new tokens after a new login, or see its refresh state."
            )
            : new CallFault(
                StatusCodes.Status502BadGateway,
                $"the upstream answered {(int)status}",
                $"The provider answered {(int)status}, which the broker does not follow. Check the URL of the upstream."
            );

    /// <summary>Returns the fault of a failed exchange.</summary>
    public static CallFault Of(ForwarderError error, Exception? exception, CallPlan plan) =>
        error switch
        {
            ForwarderError.RequestCanceled or ForwarderError.RequestBodyCanceled or ForwarderError.ResponseBodyCanceled or ForwarderError.UpgradeRequestCanceled
            or ForwarderError.UpgradeResponseCanceled => ClientLeft,
            ForwarderError.RequestTimedOut or ForwarderError.UpgradeActivityTimeout => new(
                StatusCodes.Status504GatewayTimeout,
                "the upstream was silent",
                $"The provider ({plan.Upstream.Name}) was silent for too long."
            ),
            ForwarderError.RequestBodyClient or ForwarderError.UpgradeRequestClient => OfClient(exception, CancellationToken.None) ?? BodyBrokeOff,
            ForwarderError.ResponseBodyClient or ForwarderError.UpgradeResponseClient => ClientLeft,
            ForwarderError.ResponseBodyDestination or ForwarderError.UpgradeResponseDestination => new(
                StatusCodes.Status502BadGateway,
                "the answer of the upstream broke off",
                $"The answer of the provider ({plan.Upstream.Name}) broke off."
            ),
            _ => new(
                StatusCodes.Status502BadGateway,
                $"the upstream did not answer ({error})",
                $"The provider ({plan.Upstream.Name}) does not answer as it should. The server's log has the details."
            ),
        };
}
