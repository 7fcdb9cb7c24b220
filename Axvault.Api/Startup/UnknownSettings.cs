namespace Axvault.Api.Startup;

/// <summary>The environment variables that look like settings of Axvault and are none, such as misspelt or removed ones.</summary>
internal static class UnknownSettings
{
    private const string Prefix = "AXVAULT_";

    // Kubernetes sets the last two kinds for a service called "axvault".
    private static readonly string[] KnownPrefixes =
    [
        "AXVAULT_OAUTH_",
        "AXVAULT_UPSTREAM_",
        "AXVAULT_APPHOST_",
        "AXVAULT_TESTS_",
        "AXVAULT_SERVICE_",
        "AXVAULT_PORT_",
    ];

    // The variables of clients. A shell may export them for a server too.
    private static readonly HashSet<string> Known = AxvaultOptions
        .AllSettings.Select(static setting => setting.Variable)
        .Concat(["AXVAULT_URL", "AXVAULT_API_KEY"])
        .ToHashSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Returns the names of the unknown variables, each once and sorted. An empty variable counts as unset.</summary>
    public static IReadOnlyList<string> Find(IConfiguration configuration) =>
        [
            .. configuration
                .AsEnumerable()
                .Where(static pair => !string.IsNullOrEmpty(pair.Value))
                // The configuration writes __ of a variable as a colon.
                .Select(static pair => pair.Key.Replace(":", "__", StringComparison.Ordinal))
                .Where(IsUnknown)
                .Order(StringComparer.Ordinal),
        ];

    private static bool IsUnknown(string name) =>
        name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)
        && !Known.Contains(name)
        && !KnownPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));
}
