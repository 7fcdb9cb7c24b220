using System.Text.RegularExpressions;
using Axvault.Api.WebConsole;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Axvault.Tests.WebConsole;

/// <summary>The addresses of the console, as the server maps them. A new page or act is therefore in the tests by itself.</summary>
internal static partial class ConsoleRoutes
{
    /// <summary>The pages, as patterns such as <c>/console/keys/{id}</c>.</summary>
    public static IReadOnlyList<string> Pages { get; } = Read("GET", isOpen: false);

    /// <summary>The pages that need no session.</summary>
    public static IReadOnlyList<string> OpenPages { get; } = Read("GET", isOpen: true);

    /// <summary>The acts.</summary>
    public static IReadOnlyList<string> Acts { get; } = Read("POST", isOpen: false);

    /// <summary>The acts that need no session.</summary>
    public static IReadOnlyList<string> OpenActs { get; } = Read("POST", isOpen: true);

    /// <summary>Returns the path of a pattern with <paramref name="values"/> in place of its parameters, and <c>x</c> for those without one.</summary>
    public static string Fill(string pattern, IReadOnlyDictionary<string, string>? values = null) =>
        Parameter().Replace(pattern, match => values?.GetValueOrDefault(match.Groups[1].Value) ?? "x");

    private static List<string> Read(string method, bool isOpen)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddSingleton(TimeProvider.System).AddConsole(new ConsoleOptions(IsOn: true, Oidc: null));
        var app = builder.Build();
        app.MapConsole();
        return
        [
            .. ((IEndpointRouteBuilder)app)
                .DataSources.SelectMany(static source => source.Endpoints)
                .OfType<RouteEndpoint>()
                .Where(route => route.Metadata.GetMetadata<ConsolePage>()?.IsOpen == isOpen)
                .Where(route => route.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Contains(method))
                .Select(static route => $"/{route.RoutePattern.RawText!.Trim('/')}"),
        ];
    }

    [GeneratedRegex(@"\{\**(\w+)\}")]
    private static partial Regex Parameter();
}
