using System.Text.Json;

namespace Axvault.Api.Refresh.Grants;

/// <summary>Finds the error in a provider's answer. It may come with any status, in several places, and in any letter case.</summary>
internal static class AnswerError
{
    private static readonly string[] Descriptions = ["error_description", "message", "detail", "description"];

    /// <summary>Returns the code that decides, and whether the answer is an error. An unknown code alone is not an error.</summary>
    /// <param name="objects">The objects of the answer in which an error may stand.</param>
    public static (string? Code, bool IsError) Find(IReadOnlyList<JsonElement> objects)
    {
        var errors = objects
            .Select(static parent => AnswerMembers.Find(parent, "error"))
            .OfType<JsonElement>()
            .Where(static error => error.ValueKind == JsonValueKind.Object || AnswerMembers.Text(error) is not null)
            .ToList();
        var list = objects
            .Select(static parent => AnswerMembers.Find(parent, "errors"))
            .OfType<JsonElement>()
            .Where(static errors => errors.ValueKind == JsonValueKind.Array)
            .SelectMany(static errors => errors.EnumerateArray())
            .ToList();
        List<string> codes =
        [
            .. errors
                .Select(AnswerMembers.Text)
                .Concat(errors.Concat(list).Select(static error => AnswerMembers.Text(error, "code")))
                .Concat(list.Select(AnswerMembers.Text))
                .Concat(objects.Select(static parent => AnswerMembers.Text(parent, "code")))
                .Concat(errors.Concat(list).Select(static error => AnswerMembers.Text(error, "type")))
                .OfType<string>()
                .Select(static code => code.ToLowerInvariant()),
        ];
        var code =
            codes.Find(RefreshError.IsFinal)
            ?? codes.Find(RefreshError.IsOfOperator)
            ?? (codes.Contains("invalid_request") && IsAboutToken(objects, errors.Concat(list)) ? RefreshError.RefreshTokenInvalid : null)
            ?? codes.Find(RefreshError.IsKnown)
            ?? (codes.Count > 0 ? codes[0] : null);
        return (code, errors.Count > 0 || list.Count > 0 || RefreshError.IsKnown(code));
    }

    // Some providers call a dead refresh token an invalid request, and only the description tells. A missing parameter is another matter.
    private static bool IsAboutToken(IEnumerable<JsonElement> objects, IEnumerable<JsonElement> errors) =>
        objects
            .Concat(errors)
            .SelectMany(static parent => Descriptions.Select(name => AnswerMembers.Text(parent, name)))
            .OfType<string>()
            .Any(static text =>
                text.Replace('_', ' ').Contains("refresh token", StringComparison.OrdinalIgnoreCase)
                && !text.Contains("missing", StringComparison.OrdinalIgnoreCase)
                && !text.Contains("required", StringComparison.OrdinalIgnoreCase)
            );
}
