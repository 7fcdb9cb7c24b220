using System.Collections.Frozen;
using System.Reflection;
using System.Security.Cryptography;

namespace Axvault.Api.WebConsole.Assets;

/// <summary>The styles, scripts and icon of the pages, which are parts of the program.</summary>
internal static class ConsoleAssets
{
    private const string Prefix = "console/";

    private static readonly FrozenDictionary<string, string> Types = new Dictionary<string, string>
    {
        [".css"] = "text/css; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".svg"] = "image/svg+xml",
    }.ToFrozenDictionary();

    private static readonly Lazy<FrozenDictionary<string, string>> Versions = new(static () =>
        Resources().ToFrozenDictionary(static name => name[Prefix.Length..], static name => VersionOf(name))
    );

    /// <summary>Returns the address of an asset. It changes with the content, so a browser may keep what it has.</summary>
    public static string PathOf(string name) => $"/console/assets/{name}?v={Versions.Value[name]}";

    /// <summary>Maps the assets.</summary>
    public static void MapAssets(this IEndpointRouteBuilder console) =>
        console.MapGet("/assets/{name}", Send).WithMetadata(new ConsolePage(IsOpen: true));

    private static IResult Send(string name, HttpResponse response)
    {
        if (!Versions.Value.ContainsKey(name))
        {
            return TypedResults.NotFound();
        }

        response.Headers.CacheControl = "public, max-age=31536000, immutable";
        response.Headers.Remove("Vary");
        return TypedResults.Stream(Open(Prefix + name), Types[Path.GetExtension(name)]);
    }

    private static string VersionOf(string resource)
    {
        using var content = Open(resource);
        return Convert.ToHexStringLower(SHA256.HashData(content))[..16];
    }

    private static IEnumerable<string> Resources() =>
        Assembly.GetExecutingAssembly().GetManifestResourceNames().Where(static name => name.StartsWith(Prefix, StringComparison.Ordinal));

    private static Stream Open(string resource) => Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)!;
}
