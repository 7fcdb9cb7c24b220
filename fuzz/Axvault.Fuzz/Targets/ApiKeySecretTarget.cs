using System.Text;
using System.Text.RegularExpressions;
using Axvault.Api.Keys;

namespace Axvault.Fuzz.Targets;

/// <summary>Secrets of API keys: only what a scanner finds is taken, as it was written, and any other character in it makes it none. It does not print itself.</summary>
internal sealed partial class ApiKeySecretTarget : FuzzTarget
{
    // Nobody's: 43 zeros, and their checksum.
    private const string Known = "axv_sk_00000000000000000000000000000000000000000002UN20f";

    /// <inheritdoc />
    public override string Name => "api-key-secret";

    /// <inheritdoc />
    public override IReadOnlyList<string> Tokens => ["axv_sk_", Known, Known[7..50], Known[50..]];

    /// <inheritdoc />
    public override void Run(ReadOnlySpan<byte> input)
    {
        var text = Encoding.UTF8.GetString(input);
        if (!ApiKeySecret.TryParse(text, out var secret))
        {
            return;
        }

        Holds(Form().IsMatch(text) && secret.Reveal() == text, "a secret is of the form that scanners look for, and as it was written");
        Holds(secret.Hash().Length == 32 && !text.Contains(secret.ToString(), StringComparison.Ordinal), "it is hashed, and not printed");
        var (at, digit) = (text.Length - 1 - (input[^1] % 49), text[^1] == 'Z' ? 'Y' : 'Z');
        Holds(text[at] == digit || !ApiKeySecret.TryParse($"{text[..at]}{digit}{text[(at + 1)..]}", out _), "a secret with another character in it is none");
    }

    [GeneratedRegex(@"\Aaxv_sk_[0-9A-Za-z]{49}\z")]
    private static partial Regex Form();
}
