using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using Axvault.Api.Credentials;
using Axvault.Api.Http;
using Axvault.Api.Keys;

namespace Axvault.Fuzz.Targets;

/// <summary>
/// Bodies of requests: one that is none is told by one exception, whose description repeats nothing of it; what is taken of a credential's data are the bytes that were
/// sent, and an answer has them again.
/// </summary>
internal sealed partial class RequestTarget : FuzzTarget
{
    private static readonly JsonSerializerOptions Format = MakeFormat();

    private static readonly DateTimeOffset Now = new(2026, 1, 15, 10, 30, 0, TimeSpan.Zero);

    /// <summary>How the API reads bodies.</summary>
    internal static JsonSerializerOptions MakeFormat()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web) { TypeInfoResolver = JsonTypeInfoResolver.Combine(CredentialJsonContext.Default, KeyJsonContext.Default) };
        JsonFormat.Apply(options);
        return options;
    }

    /// <inheritdoc />
    public override string Name => "request";

    /// <inheritdoc />
    public override IReadOnlyList<string> Tokens =>
    [
        "{\"type\":\"api-key\",\"data\":{}}", "\"type\":\"oauth-credentials\"", "\"data\":{", "\"agent\":\"opencode\"", "\"provider\":", "\"expiresAt\":\"2026-01-15T10:30:00Z\"", "\"displayName\":", "\"notes\":", "\"name\":", "\"readAccess\":[", "\"writeAccess\":[\"*\"]", "\"grantAccess\":", "\"allowedCidrs\":[\"10.0.0.0/8\",\"2001:db8::/32\"]", "\"expiresAt\":null",
        "\\ud800", "\\u0000", "null", "true", "{", "}", "[", "]", ",", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "\"a\":1,\"a\":2", "\"\\u0061\":1,\"a\":2", "\uFEFF",
    ];

    /// <inheritdoc />
    public override void Run(ReadOnlySpan<byte> input)
    {
        if (Read<CredentialRequest>(input) is { } credential)
        {
            Check(credential, input);
        }

        if (Read<KeyRequest>(input) is { } key)
        {
            var (errors, patchErrors) = (new FieldErrors(), new FieldErrors());
            if (key.TryValidateNew(errors, Now, out var name, out var scope))
            {
                Holds(name == key.Name && scope.Read.Count <= (key.ReadAccess?.Length ?? 0), "a key is what was asked for, and no more");
                Holds(!scope.Limits.HaveExpired(Now) && scope.Limits.Networks.Count <= (key.AllowedCidrs?.Length ?? 0), "a key has not expired when it is made, and has the networks that were asked for");
                Holds(key.TryValidatePatch(patchErrors, out _), "what makes a key changes one as well");
            }

            Holds(errors.Keys.Concat(patchErrors.Keys).All(static field => field is "name" or "readAccess" or "writeAccess" or "grantAccess" or "expiresAt" or "allowedCidrs"), "what is wrong is told by its field");
        }
    }

    private static void Check(CredentialRequest request, ReadOnlySpan<byte> input)
    {
        var errors = new FieldErrors();
        if (!request.TryValidate(errors, out var attributes, out var data))
        {
            Holds(errors.Keys.All(static field => field is "type" or "data" or "agent" or "provider" or "expiresAt" or "displayName" or "notes"), "what is wrong is told by its field");
            return;
        }

        Holds(input.IndexOf(data.Reveal()) >= 0, "the data are the bytes that were sent");
        Holds(data.ToString() == "{…}" && attributes.Agent == request.Agent && attributes.Notes == request.Notes, "it is what was asked for, and does not print its data");
        var answer = JsonSerializer.SerializeToUtf8Bytes(new CredentialResponse { Name = "a", Type = "api-key", CreatedAt = default, UpdatedAt = default, Notes = request.Notes, Data = data }, Format);
        using var read = JsonDocument.Parse(answer, new JsonDocumentOptions { MaxDepth = JsonFormat.MaxDepth + 1 });
        Holds(System.Runtime.InteropServices.JsonMarshal.GetRawUtf8Value(read.RootElement.GetProperty("data")).SequenceEqual(data.Reveal()), "an answer has the data byte for byte");
    }

    private static T? Read<T>(ReadOnlySpan<byte> input)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(input, (JsonTypeInfo<T>)Format.GetTypeInfo(typeof(T)));
        }
        catch (JsonException exception)
        {
            Holds(Description().IsMatch(JsonFault.Describe(exception)), "a fault is described without a piece of the body");
            return null;
        }
    }

    [GeneratedRegex(@"\A(The body is not a JSON object of the expected shape|(name|names|readAccess|writeAccess|grantAccess|allowedCidrs|overlapSeconds|type|data|agent|provider|expiresAt|displayName|notes) is not what it must be) \(line [0-9]+, byte [0-9]+\): [a-z, ]+\.\z")]
    private static partial Regex Description();
}
