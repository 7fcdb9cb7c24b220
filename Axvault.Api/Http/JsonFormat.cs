using System.Text.Json;
using System.Text.Json.Serialization;

namespace Axvault.Api.Http;

/// <summary>The JSON form of every body of the API.</summary>
internal static class JsonFormat
{
    /// <summary>The greatest depth of a body. A deeper one is refused early.</summary>
    public const int MaxDepth = 64;

    /// <summary>Adds the bodies of a feature to those of the API.</summary>
    public static IServiceCollection AddJsonContext(this IServiceCollection services, JsonSerializerContext context) =>
        services.ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, context));

    /// <summary>Sets the rules: camelCase, exact names, no member twice, unset members left out, times with milliseconds.</summary>
    public static void Apply(JsonSerializerOptions options)
    {
        options.AllowDuplicateProperties = false;
        options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        options.MaxDepth = MaxDepth;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.PropertyNameCaseInsensitive = false;
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        options.Converters.Add(new TimestampConverter());
    }
}
