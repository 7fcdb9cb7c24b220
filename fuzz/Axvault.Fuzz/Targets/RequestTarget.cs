using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using Axvault.Api.Authorization;
using Axvault.Api.Credentials;
using Axvault.Api.Http;
using Axvault.Api.Keys;
using Axvault.Api.Stored;

namespace Axvault.Fuzz.Targets;

/// <summary>
/// Bodies of requests. An invalid body fails with one kind of exception, whose description repeats nothing of it. The data of a credential is taken
/// byte for byte, and an answer returns the same bytes.
/// </summary>
internal sealed partial class RequestTarget : FuzzTarget
{
    private static readonly JsonSerializerOptions Format = MakeFormat();

    private static readonly DateTimeOffset Now = new(2026, 1, 15, 10, 30, 0, TimeSpan.Zero);

    /// <summary>Returns the JSON options with which the API reads bodies.</summary>
    internal static JsonSerializerOptions MakeFormat()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            TypeInfoResolver = JsonTypeInfoResolver.Combine(CredentialJsonContext.Default, KeyJsonContext.Default),
        };
        JsonFormat.Apply(options);
        return options;
    }

    /// <inheritdoc />
    public override string Name => "request";

    /// <inheritdoc />
    public override IReadOnlyList<string> Tokens =>
        [
            "{\"type\":\"api-key\",\"data\":{}}",
            "\"type\":\"oauth-credentials\"",
            "\"data\":{",
            "\"agent\":\"opencode\"",
            "\"provider\":",
            "\"expiresAt\":\"2026-01-15T10:30:00Z\"",
            "\"displayName\":",
            "\"notes\":",
            "\"name\":",
            "\"readAccess\":[",
            "\"writeAccess\":[\"*\"]",
            "\"grantAccess\":",
            "\"allowedCidrs\":[\"10.0.0.0/8\",\"2001:db8::/32\"]",
            "\"expiresAt\":null",
            "\\ud800",
            "\\u0000",
            "null",
            "true",
            "{",
            "}",
            "[",
            "]",
            ",",
            "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
            "\"a\":1,\"a\":2",
            "\"\\u0061\":1,\"a\":2",
            "\uFEFF",
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
                Holds(name == key.Name && scope.Read.Count <= (key.ReadAccess?.Length ?? 0), "a key has what was requested, and no more");
                Holds(
                    !scope.Limits.HaveExpired(Now) && scope.Limits.Networks.Count <= (key.AllowedCidrs?.Length ?? 0),
                    "a new key has not expired, and has only the requested networks"
                );
                Holds(key.TryValidatePatch(patchErrors, out _), "a body for a new key is also valid for a change");
            }

            Holds(
                errors
                    .Keys.Concat(patchErrors.Keys)
                    .All(static field => field is "name" or "readAccess" or "writeAccess" or "grantAccess" or "expiresAt" or "allowedCidrs"),
                "an error names its field"
            );
        }
    }

    private static void Check(CredentialRequest request, ReadOnlySpan<byte> input)
    {
        var errors = new FieldErrors();
        if (!request.TryValidate(errors, out var attributes, out var data))
        {
            Holds(
                errors.Keys.All(static field => field is "type" or "data" or "agent" or "provider" or "expiresAt" or "displayName" or "notes"),
                "an error names its field"
            );
            return;
        }

        Holds(input.IndexOf(data.Reveal()) >= 0, "the data is a part of the body, byte for byte");
        Holds(
            data.ToString() == "{…}" && attributes.Agent == request.Agent && attributes.Notes == request.Notes,
            "a credential has the requested attributes, and does not print its data"
        );
        var answer = JsonSerializer.SerializeToUtf8Bytes(
            CredentialResponse.Of(new CredentialMetadata(CredentialName.FromStored("a"), attributes, default, default, RefreshState.None), data),
            Format
        );
        using var read = JsonDocument.Parse(answer, new JsonDocumentOptions { MaxDepth = JsonFormat.MaxDepth + 1 });
        Holds(
            System.Runtime.InteropServices.JsonMarshal.GetRawUtf8Value(read.RootElement.GetProperty("data")).SequenceEqual(data.Reveal()),
            "an answer has the data byte for byte"
        );
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
            Holds(Description().IsMatch(JsonFault.Describe(exception)), "a description repeats nothing of the body");
            return null;
        }
    }

    [GeneratedRegex(
        @"\A(The body is not a JSON object of the expected shape|"
            + "(name|names|readAccess|writeAccess|grantAccess|allowedCidrs|overlapSeconds|type|data|agent|provider|expiresAt|displayName|notes)"
            + @" is not what it must be) \(line [0-9]+, byte [0-9]+\): [a-z, ]+\.\z"
    )]
    private static partial Regex Description();
}
