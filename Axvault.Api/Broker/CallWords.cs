using System.Globalization;
using System.Text;
using Axvault.Api.Authorization;

namespace Axvault.Api.Broker;

/// <summary>The words of the audit entries of a call. They hold no query and no body.</summary>
internal static class CallWords
{
    // A UUID has 36. Keys and tokens are longer, so none can get into the log by these headers.
    private const int MaxIdLength = 40;

    private static readonly (string Word, string Header)[] Ids = [("session", "x-claude-code-session-id"), ("agent", "x-claude-code-agent-id")];

    /// <summary>Returns the words for a call: its target, its rule, and the ids that an agent gives itself.</summary>
    public static string Describe(CallTarget target, IHeaderDictionary headers, Caller caller)
    {
        var words = new StringBuilder($"{target.Method} {target.Path}");
        if (caller.Rule is { } rule)
        {
            words.Append(", rule ").Append(rule);
        }

        foreach (var (word, header) in Ids)
        {
            if (headers[header] is [{ Length: > 0 and <= MaxIdLength } id] && id.All(IsPlain))
            {
                words.Append(", ").Append(word).Append(' ').Append(id);
            }
        }

        return words.ToString();
    }

    private static bool IsPlain(char letter) => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_';

    /// <summary>Returns the words for the end of a call.</summary>
    public static string Describe(CallEnd end)
    {
        var words = new StringBuilder();
        words.Append(
            CultureInfo.InvariantCulture,
            $"{end.Status}, {end.Bytes} bytes, {(long)end.Duration.TotalMilliseconds} ms{(end.Fault is null ? "" : $", {end.Fault}")}"
        );
        if (end.Usage is { } usage)
        {
            words.Append(
                CultureInfo.InvariantCulture,
                $", model {usage.Model ?? "unknown"}, tokens {usage.Input} in, {usage.Output} out, {usage.CacheRead} cache read, {usage.CacheWrite} cache write"
            );
        }

        return words.ToString();
    }
}
