using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Axvault.Api.Broker.Upstreams;

/// <summary>A method and a path that an upstream may be asked, such as <c>POST /v1/messages</c> or <c>GET /v1/models/*</c>.</summary>
/// <remarks>Created only by parsing. A <c>*</c> stands at the end alone, after a slash, and matches one or more characters.</remarks>
internal sealed partial record AllowedPath
{
    /// <summary>The rule, in words for an error message.</summary>
    public const string Rule = "a method (WEBSOCKET for a websocket) and a path, such as POST /v1/messages or GET /v1/models/*";

    /// <summary>The word that stands for a websocket in place of a method.</summary>
    public const string WebSocket = "WEBSOCKET";

    private readonly string _method;
    private readonly string _path;

    private AllowedPath(string method, string path) => (_method, _path) = (method, path);

    /// <summary>Creates the entry that <paramref name="text"/> says.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out AllowedPath? path)
    {
        var match = Form().Match(text.Trim());
        path = match.Success ? new AllowedPath(match.Groups[1].Value, match.Groups[2].Value) : null;
        return match.Success;
    }

    /// <summary>
    /// Returns <see langword="true"/> when the entry allows <paramref name="method"/> on <paramref name="path"/>; otherwise <see langword="false"/>.
    /// </summary>
    public bool Allows(string method, string path) =>
        method == _method
        && (_path[^1] == '*' ? path.Length >= _path.Length && path.StartsWith(_path[..^1], StringComparison.Ordinal) : path == _path);

    /// <inheritdoc />
    public override string ToString() => $"{_method} {_path}";

    [GeneratedRegex(@"\A([A-Z]+) ((?:/[A-Za-z0-9._~:@-]+)*(?:/\*|/[A-Za-z0-9._~:@-]+))\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
