using System.Globalization;
using System.Text.Json;
using Axvault.Api.Http;
using Axvault.Api.Http.Description;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc.Infrastructure;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Axvault.Api.Reference;

/// <summary>Completes a call of the document with the descriptions of its endpoint, and with the rules of every call of its kind.</summary>
internal sealed class OperationTransformer : IOpenApiOperationTransformer
{
    private const string Json = "application/json";

    private readonly Examples _examples = Examples.Read();

    /// <inheritdoc />
    public async Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var document = context.Document!;
        var endpoint = context.Description.ActionDescriptor.EndpointMetadata;
        var isHead = context.Description.HttpMethod == HttpMethods.Head;
        if (isHead)
        {
            // The endpoint of GET and HEAD is named after GET.
            operation.OperationId = operation.OperationId?.Replace("get", "head", StringComparison.Ordinal);
            operation.Summary += ", without a body";
        }

        var needsKey = endpoint.OfType<IAuthorizeData>().Any() && !endpoint.OfType<IAllowAnonymous>().Any();
        if (needsKey)
        {
            operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(DocumentTransformer.SecurityScheme, document)] = [] }];
        }

        await DescribeParametersAsync(operation, context, cancellationToken);
        await AddFormAsync(operation, context, cancellationToken);
        AddAnswers(operation, endpoint, isHead);
        AddExamples(operation);
        AddRefusals(operation, endpoint, needsKey, isHead, document);
    }

    // The framework does not describe the members of [AsParameters] records as it does those of bodies. Their schemas have the XML comments.
    private static async Task DescribeParametersAsync(
        OpenApiOperation operation,
        OpenApiOperationTransformerContext context,
        CancellationToken cancellationToken
    )
    {
        foreach (var parameter in operation.Parameters?.OfType<OpenApiParameter>() ?? [])
        {
            if (parameter.In == ParameterLocation.Path)
            {
                (parameter.Description, parameter.Schema) = SchemaRules.OfPath(parameter.Name!);
                continue;
            }

            var bound = context.Description.ParameterDescriptions.Single(bound => bound.Name == parameter.Name).ParameterDescriptor;
            var property = ((IParameterInfoParameterDescriptor)bound).ParameterInfo.Member;
            var record = await context.GetOrCreateSchemaAsync(property.DeclaringType!, null, cancellationToken);
            var member = JsonNamingPolicy.CamelCase.ConvertName(property.Name);
            var schema = (OpenApiSchema)SchemaRules.Complete(property.DeclaringType!.Name, member, record.Properties![member]);
            (parameter.Description, schema.Description) = (schema.Description?.ReplaceLineEndings(" "), null);
            (parameter.Schema, parameter.Required) = (schema, false);

            // The framework takes the comment of a parameter with another name than its property for that of the body.
            operation.RequestBody?.Description = null;
        }
    }

    private static Refusal Described(Refusal refusal, IList<object> endpoint) =>
        endpoint.OfType<Answer>().FirstOrDefault(answer => answer.Status == refusal.Status) is { } answer
            ? refusal with { Description = answer.Description }
            : refusal;

    private static async Task AddFormAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        if (context.Description.ActionDescriptor.EndpointMetadata.OfType<FormBody>().FirstOrDefault() is not { } form)
        {
            return;
        }

        var schema = await context.GetOrCreateSchemaAsync(form.Fields, null, cancellationToken);
        context.Document!.AddComponent(form.Fields.Name, schema);
        operation.RequestBody = new OpenApiRequestBody
        {
            Required = true,
            Content = new Dictionary<string, OpenApiMediaType>
            {
                ["application/x-www-form-urlencoded"] = new() { Schema = new OpenApiSchemaReference(form.Fields.Name, context.Document) },
            },
        };
    }

    private void AddExamples(OpenApiOperation operation)
    {
        if (operation.RequestBody?.Content is { } request)
        {
            request.Values.Single().Examples = _examples.Of(operation.OperationId!, "request");
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
            if (endpoint.OfType<Answer>().FirstOrDefault(answer => answer.Status == code) is { } answer)
            {
                response.Description = answer.Description;
                response.Headers = HeaderSchema.Of(answer.Headers);
            }

            foreach (var content in endpoint.OfType<AnswerContent>().Where(content => content.Status == code))
            {
                response.Content!.Add(
                    content.MediaType,
                    new OpenApiMediaType
                    {
                        Schema = new OpenApiSchema { Type = JsonSchemaType.String, Description = content.Description },
                    }
                );
            }

            if (isHead)
            {
                response.Content = null;
            }
        }
    }

    // An endpoint names only the statuses of its refusals. Their descriptions are the same for all calls.
    private void AddRefusals(OpenApiOperation operation, IList<object> endpoint, bool needsKey, bool isHead, OpenApiDocument document)
    {
        var isOAuth = endpoint.OfType<OAuthForm>().Any();
        var answers = operation.Responses!.ToLookup(static answer => int.Parse(answer.Key, CultureInfo.InvariantCulture) >= StatusCodes.Status400BadRequest);
        var statuses = answers[true]
            .Select(static own => int.Parse(own.Key, CultureInfo.InvariantCulture))
            .Concat(Refusal.OfEveryCall)
            .Concat(needsKey ? Refusal.OfACallWithAKey : [])
            .Concat(operation.RequestBody is null ? [] : Refusal.OfACallWithABody)
            .Distinct()
            // Such a call checks the type of its body itself, and answers 400.
            .Where(status => !isOAuth || status != StatusCodes.Status415UnsupportedMediaType)
            .Order();
        operation.Responses = [];
        foreach (var (status, answer) in answers[false])
        {
            operation.Responses.Add(status, answer);
        }

        foreach (var refusal in statuses.Select(Refusal.Of).Append(Refusal.AnyOther))
        {
            operation.Responses.Add(
                refusal.Key,
                isHead ? refusal.ToBare()
                    : isOAuth ? Described(refusal, endpoint).ToOAuthResponse(document, _examples.Of(operation.OperationId!, refusal.Key))
                    : new OpenApiResponseReference(refusal.Name, document)
            );
        }
    }
}
