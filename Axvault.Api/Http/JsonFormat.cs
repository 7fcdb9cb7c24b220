using System.Text.Json;
using System.Text.Json.Serialization;

namespace Axvault.Api.Http;

/// <summary>How every body of the API is read and written.</summary>
internal static class JsonFormat
{
    /// <summary>The greatest depth of a body; deeper ones are refused before they cost anything.</summary>
    public const int MaxDepth = 64;

    /// <summary>Sets the rules: camelCase, exact names, no member twice, unset members left out, times with milliseconds.</summary>
    public static void Apply(JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);

        options.AllowDuplicateProperties = false;
        options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        options.MaxDepth = MaxDepth;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.PropertyNameCaseInsensitive = false;
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        options.Converters.Add(new TimestampConverter());
    }
}
