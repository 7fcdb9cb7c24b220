using System.Globalization;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Axvault.Api.Reference;

/// <summary>Completes a call of the document with what its endpoint says of itself, and with what holds for every call of its kind.</summary>
internal sealed class OperationTransformer : IOpenApiOperationTransformer
{
    private const string Json = "application/json";

    private readonly Examples _examples = Examples.Read();

    /// <inheritdoc />
    public Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(operation);
        ArgumentNullException.ThrowIfNull(context);

        var document = context.Document!;
        var endpoint = context.Description.ActionDescriptor.EndpointMetadata;
        var isHead = context.Description.HttpMethod == HttpMethods.Head;
        if (isHead)
        {
            // One endpoint, two methods: it is named for the other.
            operation.OperationId = operation.OperationId?.Replace("get", "head", StringComparison.Ordinal);
            operation.Summary += ", without a body";
        }

        var needsKey = endpoint.OfType<IAuthorizeData>().Any() && !endpoint.OfType<IAllowAnonymous>().Any();
        if (needsKey)
        {
            operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(DocumentTransformer.SecurityScheme, document)] = [] }];
        }

        AddParameters(operation, [.. endpoint.OfType<QueryParameter>().Select(static query => query.ToParameter()), .. endpoint.OfType<RequestHeader>().Select(static header => header.ToParameter())]);
        AddAnswers(operation, endpoint, isHead);
        AddExamples(operation);
        AddRefusals(operation, needsKey, isHead, document);
        return Task.CompletedTask;
    }

    private static void AddParameters(OpenApiOperation operation, IEnumerable<OpenApiParameter> further)
    {
        foreach (var parameter in operation.Parameters?.OfType<OpenApiParameter>().Where(static parameter => parameter.In == ParameterLocation.Path) ?? [])
        {
            (parameter.Description, parameter.Schema) = SchemaRules.OfPath(parameter.Name!);
        }

        foreach (var parameter in further)
        {
            operation.Parameters ??= [];
            operation.Parameters.Add(parameter);
        }
    }

    private void AddExamples(OpenApiOperation operation)
    {
        if (operation.RequestBody?.Content is { } request)
        {
            request[Json].Examples = _examples.Of(operation.OperationId!, "request");
        }

        foreach (var (status, response) in operation.Responses!)
        {
            foreach (var (mediaType, content) in response.Content ?? new Dictionary<string, OpenApiMediaType>())
            {
                content.Examples = _examples.Of(operation.OperationId!, mediaType == Json ? status : $"{status} {mediaType}");
            }
        }
    }

    private static void AddAnswers(OpenApiOperation operation, IList<object> endpoint, bool isHead)
    {
        foreach (var (status, response) in operation.Responses!.Select(static answer => (answer.Key, (OpenApiResponse)answer.Value)))
        {
            var code = int.Parse(status, CultureInfo.InvariantCulture);
            response.Description = endpoint.OfType<Answer>().FirstOrDefault(answer => answer.Status == code)?.Description ?? response.Description;
            foreach (var header in endpoint.OfType<AnswerHeader>().Where(header => header.Status == code))
            {
                response.Headers ??= new Dictionary<string, IOpenApiHeader>();
                response.Headers.Add(header.Name, header.ToHeader());
            }

            foreach (var content in endpoint.OfType<AnswerContent>().Where(content => content.Status == code))
            {
                response.Content!.Add(content.MediaType, content.ToMediaType());
            }

            if (isHead)
            {
                response.Content = null;
            }
        }
    }

    // Its own are told by their statuses alone; what each says is the same for all calls, and told once.
    private static void AddRefusals(OpenApiOperation operation, bool needsKey, bool isHead, OpenApiDocument document)
    {
        var answers = operation.Responses!.ToLookup(static answer => int.Parse(answer.Key, CultureInfo.InvariantCulture) >= StatusCodes.Status400BadRequest);
        var statuses = answers[true].Select(static own => int.Parse(own.Key, CultureInfo.InvariantCulture))
            .Concat(Refusal.OfEveryCall)
            .Concat(needsKey ? Refusal.OfACallWithAKey : [])
            .Concat(operation.RequestBody is null ? [] : Refusal.OfACallWithABody)
            .Distinct()
            .Order();
        operation.Responses = [];
        foreach (var (status, answer) in answers[false])
        {
            operation.Responses.Add(status, answer);
        }

        foreach (var refusal in statuses.Select(Refusal.Of).Append(Refusal.AnyOther))
        {
            operation.Responses.Add(refusal.Key, isHead ? refusal.ToBare() : new OpenApiResponseReference(refusal.Name, document));
        }
    }
}
