using System.Text;
using System.Text.RegularExpressions;
using Axvault.Api.Keys;

namespace Axvault.Fuzz.Targets;

/// <summary>
/// Secrets of API keys. Only the form that scanners find is accepted, unchanged, and a secret with any other character is refused. A secret does not
/// print itself.
/// </summary>
internal sealed partial class ApiKeySecretTarget : FuzzTarget
{
    // A secret of no key: 43 zeros and their checksum.
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

        Holds(Form().IsMatch(text) && secret.Reveal() == text, "a secret has the form that scanners find, and its text");
        Holds(secret.Hash().Length == 32 && !text.Contains(secret.ToString(), StringComparison.Ordinal), "a secret can be hashed, and does not print itself");
        var (at, digit) = (text.Length - 1 - (input[^1] % 49), text[^1] == 'Z' ? 'Y' : 'Z');
        Holds(text[at] == digit || !ApiKeySecret.TryParse($"{text[..at]}{digit}{text[(at + 1)..]}", out _), "a secret with a changed character is refused");
    }

    [GeneratedRegex(@"\Aaxv_sk_[0-9A-Za-z]{49}\z")]
    private static partial Regex Form();
}
