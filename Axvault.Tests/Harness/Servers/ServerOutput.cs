using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;
using Axvault.Tests.Harness.Leaks;

namespace Axvault.Tests.Harness.Servers;

/// <summary>The output of a server, and its address and first secret in that output. Safe for concurrent use.</summary>
/// <param name="test">The test that started the server, for the search for leaks.</param>
/// <param name="port">The port that the server was told to listen on; 0 when it logs the port it chose.</param>
/// <param name="secrets">The secrets in the settings of the server, which a transcript masks.</param>
internal sealed partial class ServerOutput(string test, int port, string[] secrets)
{
    private readonly ConcurrentQueue<string> _lines = [];
    private readonly ConcurrentQueue<string> _errors = [];

    /// <summary>The lines on standard output so far.</summary>
    public IReadOnlyList<string> Lines => [.. _lines];

    /// <summary>The lines on standard error so far.</summary>
    public IReadOnlyList<string> Errors => [.. _errors];

    /// <summary>Adds a line, unless it is null.</summary>
    public void Add(EmissionChannel channel, string? line)
    {
        if (line is not null)
        {
            LeakWatch.Line(channel, test, line);
            (channel == EmissionChannel.Errors ? _errors : _lines).Enqueue(line);
        }
    }

    /// <summary>Returns the address of the server, or <see langword="null"/> when it is not known yet.</summary>
    public Uri? FindAddress() =>
        port > 0 ? new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"))
        : _lines.Select(static line => Listening().Match(line)).FirstOrDefault(static match => match.Success) is { } match
            ? new Uri(Reachable(match.Groups[1].Value))
        : null;

    /// <summary>Returns the secret of the first key, or <see langword="null"/> when it was not shown.</summary>
    public string? FindSecret() => _errors.Select(static line => Secret().Match(line)).FirstOrDefault(static match => match.Success)?.Value;

    /// <summary>Returns all lines, with every secret masked.</summary>
    public string Transcript() => Mask(string.Join('\n', ["stdout:", .. _lines, "stderr:", .. _errors]));

    // The program of an image listens on every address, and a client cannot connect to 0.0.0.0.
    private static string Reachable(string address) => address.Replace("//0.0.0.0:", "//127.0.0.1:", StringComparison.Ordinal);

    private string Mask(string text) =>
        secrets
            .Where(static secret => secret.Length > 0)
            .Aggregate(Secret().Replace(text, "axv_sk_…"), static (masked, secret) => masked.Replace(secret, "…", StringComparison.Ordinal));

    [GeneratedRegex("Now listening on: \\\\?\"?(https?://[^\"\\\\]+)")]
    private static partial Regex Listening();

    [GeneratedRegex("axv_sk_[0-9A-Za-z]+")]
    private static partial Regex Secret();
}
