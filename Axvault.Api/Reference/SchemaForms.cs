using System.Globalization;
using System.Text.Json.Nodes;
using Axvault.Api.Authorization;
using Axvault.Api.Credentials;
using Microsoft.OpenApi;

namespace Axvault.Api.Reference;

/// <summary>The forms of members and parameters.</summary>
internal static class SchemaForms
{
    /// <summary>A flag: <c>true</c> or <c>false</c>.</summary>
    public static void Flag(OpenApiSchema schema) => (schema.Type, schema.Default) = (JsonSchemaType.Boolean, false);

    /// <summary>The entity tags of a condition.</summary>
    public static void Condition(OpenApiSchema schema) => schema.Examples = [CredentialHeaders.ExampleTag, "*"];

    /// <summary>Makes a parameter that may be given once a text. It is bound as an array, so that its repetition is seen.</summary>
    public static OpenApiSchema Single(OpenApiSchema schema)
    {
        (schema.Type, schema.Items) = (JsonSchemaType.String, null);
        return schema;
    }

    /// <summary>Makes a parameter that may be given once a whole number from 1 on.</summary>
    public static OpenApiSchema Number(OpenApiSchema schema)
    {
        (schema.Type, schema.Items, schema.Minimum) = (JsonSchemaType.Integer, null, "1");
        return schema;
    }

    /// <summary>A text that matches <paramref name="pattern"/>.</summary>
    public static Action<OpenApiSchema> Form(string pattern) => schema => schema.Pattern = pattern;

    /// <summary>A text of 1 to <paramref name="maxLength"/> characters.</summary>
    public static Action<OpenApiSchema> Text(int maxLength) => schema => (schema.MinLength, schema.MaxLength) = (1, maxLength);

    /// <summary>One of <paramref name="values"/>.</summary>
    public static Action<OpenApiSchema> OneOf(params string[] values) => schema => schema.Enum = [.. values.Select(static value => (JsonNode)value)];

    /// <summary>Any JSON object.</summary>
    public static void Json(OpenApiSchema schema) => (schema.Type, schema.AdditionalProperties) = (JsonSchemaType.Object, new OpenApiSchema());

    /// <summary>A number in a range.</summary>
    public static Action<OpenApiSchema> Range(long least, long most) =>
        schema => (schema.Minimum, schema.Maximum) = (least.ToString(CultureInfo.InvariantCulture), most.ToString(CultureInfo.InvariantCulture));

    /// <summary>A list of access entries.</summary>
    public static void AccessEntries(OpenApiSchema schema)
    {
        schema.MaxItems = AccessList.MaxEntries;
        schema.Items = new OpenApiSchema { Type = JsonSchemaType.String, Pattern = AccessEntry.Pattern };
    }
}
