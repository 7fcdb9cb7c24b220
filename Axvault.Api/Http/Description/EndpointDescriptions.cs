namespace Axvault.Api.Http.Description;

/// <summary>Descriptions of endpoints for the reference, beyond the framework's <c>WithName</c>, <c>WithSummary</c> and <c>WithDescription</c>.</summary>
internal static class EndpointDescriptions
{
    /// <summary>Describes the answer with <paramref name="status"/>, and its optional headers.</summary>
    public static RouteHandlerBuilder WithAnswer(this RouteHandlerBuilder endpoint, int status, string description, params AnswerHeader[] headers) =>
        endpoint.WithMetadata(new Answer(status, description, headers));

    /// <summary>Describes another form of the body of the answer with <paramref name="status"/>.</summary>
    public static RouteHandlerBuilder WithAnswerContent(this RouteHandlerBuilder endpoint, int status, string mediaType, string description) =>
        endpoint.WithMetadata(new AnswerContent(status, mediaType, description));

    /// <summary>Describes the form that is the body of the call.</summary>
    public static RouteHandlerBuilder WithForm<T>(this RouteHandlerBuilder endpoint) => endpoint.WithMetadata(new FormBody(typeof(T)));

    /// <summary>
    /// Names the refusals of an endpoint or of a group. Those of every call, of calls with a key and of calls with a body are added by the reference.
    /// </summary>
    public static TBuilder Refuses<TBuilder>(this TBuilder endpoint, params int[] statuses)
        where TBuilder : IEndpointConventionBuilder => statuses.Aggregate(endpoint, static (described, status) => described.ProducesProblem(status));
}
