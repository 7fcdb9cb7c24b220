using Axvault.Api.Authorization;
using Axvault.Api.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Axvault.Api.Broker;

/// <summary>
/// The refusals of calls. A refusal by policy is 400, which every agent takes as final. 401 and 403 would make some of them offer a login.
/// </summary>
internal static class BrokerProblems
{
    /// <summary>The code of a limit that ends with the day.</summary>
    public const string SpentCode = "spent";

    /// <summary>The sentence for a websocket that is not forwarded.</summary>
    public const string NoWebSocket = "Websockets are not forwarded here. Use HTTP.";

    /// <summary>Returns 400.</summary>
    public static ProblemHttpResult Refuse(string detail) => Of(StatusCodes.Status400BadRequest, detail, ErrorCode.InvalidRequest);

    /// <summary>Returns the refusal of a key. The words are the same whether or not the credential exists.</summary>
    public static ProblemHttpResult MayNotUse(CredentialName name) =>
        Of(StatusCodes.Status400BadRequest, $"This API key may not use {name}: the name is not in its useAccess.", ErrorCode.Forbidden);

    /// <summary>Returns the refusal of a key that has used up its day.</summary>
    public static ProblemHttpResult Spent(string detail) => Of(StatusCodes.Status429TooManyRequests, detail, SpentCode);

    /// <summary>Returns the refusal of a key that makes too many calls.</summary>
    public static ProblemHttpResult TooMany(string detail) => Of(StatusCodes.Status429TooManyRequests, detail, ErrorCode.RateLimited);

    /// <summary>Returns 426, at which agents go on over HTTP.</summary>
    public static ProblemHttpResult UpgradeRefused() => Of(StatusCodes.Status426UpgradeRequired, NoWebSocket, ErrorCode.InvalidRequest);

    private static ProblemHttpResult Of(int status, string detail, string code) =>
        TypedResults.Problem(statusCode: status, detail: detail, extensions: [new("error", code)]);
}
