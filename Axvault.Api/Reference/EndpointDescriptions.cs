using System.Diagnostics.CodeAnalysis;

namespace Axvault.Api.Reference;

/// <summary>What an endpoint says of itself beyond the framework's <c>WithName</c>, <c>WithSummary</c> and <c>WithDescription</c>. It costs a start a few objects.</summary>
internal static class EndpointDescriptions
{
    /// <summary>Says what the answer with <paramref name="status"/> means.</summary>
    public static RouteHandlerBuilder WithAnswer(this RouteHandlerBuilder endpoint, int status, string description) =>
        endpoint.WithMetadata(new Answer(status, description));

    /// <summary>Says that the answer with <paramref name="status"/> may have a header.</summary>
    public static RouteHandlerBuilder WithAnswerHeader(
        this RouteHandlerBuilder endpoint, int status, string name, [StringSyntax(StringSyntaxAttribute.Json)] string schema, string description) =>
        endpoint.WithMetadata(new AnswerHeader(status, name, schema, description));

    /// <summary>Says that the body of the answer with <paramref name="status"/> has another form, too.</summary>
    public static RouteHandlerBuilder WithAnswerContent(
        this RouteHandlerBuilder endpoint, int status, string mediaType, [StringSyntax(StringSyntaxAttribute.Json)] string schema) =>
        endpoint.WithMetadata(new AnswerContent(status, mediaType, schema));

    /// <summary>Says that the query may have a parameter.</summary>
    public static RouteHandlerBuilder WithQuery(
        this RouteHandlerBuilder endpoint, string name, [StringSyntax(StringSyntaxAttribute.Json)] string schema, string description) =>
        endpoint.WithMetadata(new QueryParameter(name, schema, description));

    /// <summary>Says that the request may have a header.</summary>
    public static RouteHandlerBuilder WithHeader(
        this RouteHandlerBuilder endpoint, string name, [StringSyntax(StringSyntaxAttribute.Json)] string schema, string description) =>
        endpoint.WithMetadata(new RequestHeader(name, schema, description));

    /// <summary>Says which refusals are its own; those of every call, of every call with a key and of every call with a body are added.</summary>
    public static RouteHandlerBuilder Refuses(this RouteHandlerBuilder endpoint, params int[] statuses)
    {
        ArgumentNullException.ThrowIfNull(statuses);

        return statuses.Aggregate(endpoint, static (described, status) => described.ProducesProblem(status));
    }
}
