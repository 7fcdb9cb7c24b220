using System.Globalization;

namespace Axvault.Client.Transport;

/// <summary>Paths with a query.</summary>
internal static class Query
{
    /// <summary>Returns <paramref name="path"/> with the parameters that have a value.</summary>
    public static string Of(string path, params IEnumerable<(string Name, string? Value)> parameters)
    {
        var given = parameters.Where(static parameter => parameter.Value is not null);
        var query = string.Join('&', given.Select(static parameter => $"{parameter.Name}={Uri.EscapeDataString(parameter.Value!)}"));
        return query.Length == 0 ? path : $"{path}?{query}";
    }

    /// <summary>Returns a number as the API reads it.</summary>
    public static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Returns a time as the API reads it.</summary>
    public static string? Text(DateTimeOffset? time) => time?.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>Returns a day as the API reads it.</summary>
    public static string? Text(DateOnly? day) => day?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
