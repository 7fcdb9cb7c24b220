namespace Axvault.Tests.Harness.Agents;

/// <summary>A request that a <see cref="ProviderDouble"/> received.</summary>
/// <param name="Method">The method.</param>
/// <param name="Host">The host that the client meant, with its port if it named one.</param>
/// <param name="Path">The path, without the query.</param>
/// <param name="Query">The query, with its question mark.</param>
/// <param name="Headers">The headers, by name in any case.</param>
/// <param name="Body">The body as text.</param>
internal sealed record ReceivedRequest(string Method, string Host, string Path, string Query, IReadOnlyDictionary<string, string> Headers, string Body)
{
    /// <summary>The headers that carried a credential, as <c>name: value</c>.</summary>
    public IEnumerable<string> Credentials =>
        ((string[])["authorization", "x-api-key", "x-goog-api-key"])
            .Where(Headers.ContainsKey)
            .Select(name => $"{name}: {Headers[name]}");

    /// <summary>Returns <see langword="true"/> when <paramref name="text"/> is in any part of the request; otherwise <see langword="false"/>.</summary>
    public bool Contains(string text) =>
        Headers.Values.Append(Query).Append(Body).Any(part => Uri.UnescapeDataString(part).Contains(text, StringComparison.Ordinal));
}

/// <summary>An answer of a <see cref="ProviderDouble"/>.</summary>
internal sealed record ScriptedAnswer(int Status, string ContentType, string Body);
