namespace Axvault.Api.Http;

/// <summary>A parameter of the query that is true or false.</summary>
internal static class QueryFlag
{
    /// <summary>The rule, in words for an error message.</summary>
    public const string Rule = "must be true or false";

    /// <summary>Reads it; absent, it is false.</summary>
    /// <returns>Whether it is one of the two.</returns>
    public static bool TryRead(HttpRequest request, string name, out bool value)
    {
        ArgumentNullException.ThrowIfNull(request);

        var given = request.Query.TryGetValue(name, out var texts);
        value = texts.ToString() == "true";
        return !given || texts.ToString() is "true" or "false";
    }
}
