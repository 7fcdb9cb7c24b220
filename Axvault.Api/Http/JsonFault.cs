using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Axvault.Api.Http;

/// <summary>Describes where a JSON body is wrong, without repeating any of it: a part of it may be a secret.</summary>
internal static partial class JsonFault
{
    // The members of this API's bodies. Any other name in a path came from the client.
    private static readonly HashSet<string> Members =
    [
        "name",
        "readAccess",
        "writeAccess",
        "grantAccess",
        "useAccess",
        "allowedCidrs",
        "requestsPerMinute",
        "tokensPerDay",
        "overlapSeconds",
        "type",
        "data",
        "agent",
        "provider",
        "expiresAt",
        "displayName",
        "notes",
        "names",
    ];

    /// <summary>Returns a sentence with the member, line and byte at which reading stopped.</summary>
    public static string Describe(JsonException exception)
    {
        var member = FirstMember().Match(exception.Path ?? "").Groups[1].Value;
        var where = Members.Contains(member) ? $"{member} is not what it must be" : "The body is not a JSON object of the expected shape";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{where} (line {(exception.LineNumber ?? 0) + 1}, byte {(exception.BytePositionInLine ?? 0) + 1}): "
                + $"malformed, nested too deeply, of the wrong type, or a member twice or unknown."
        );
    }

    [GeneratedRegex(@"^\$\.([A-Za-z]+)")]
    private static partial Regex FirstMember();
}
