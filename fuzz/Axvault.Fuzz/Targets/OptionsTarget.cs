using System.Text;
using Axvault.Api.Startup;
using Microsoft.Extensions.Configuration;

namespace Axvault.Fuzz.Targets;

/// <summary>
/// Settings, one per line, including CIDRs of proxies. The byte 1 stands for a word that occurs nowhere else. A problem names its setting and repeats no
/// secret.
/// </summary>
internal sealed class OptionsTarget : FuzzTarget
{
    private const string Canary = "zqCanaryqz";

    /// <inheritdoc />
    public override string Name => "options";

    /// <inheritdoc />
    public override IReadOnlyList<string> Tokens =>
        [
            .. AxvaultOptions.AllSettings.Select(static setting => $"\n{setting.Variable}="),
            "AXVAULT_ENCRYPTION_KEY=\u0001the-key-of-the-fuzzer-0123456789",
            "\nAXVAULT_OAUTH_LAB_TOKEN_URL=https://h/t",
            "\nAXVAULT_OAUTH_LAB_CLIENT_ID=c",
            "\nAXVAULT_OAUTH_LAB_CLIENT_SECRET=\u0001",
            "10.0.0.0/8",
            "::/0",
            "fe80::1%1/64",
            "::ffff:10.0.0.0/104",
            "0/0",
            "/33",
            "/129",
            ",",
            "localhost",
            "info",
            "off",
            "0.5",
        ];

    /// <inheritdoc />
    public override void Run(ReadOnlySpan<byte> input)
    {
        var settings = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (var line in Encoding.UTF8.GetString(input).Replace("\u0001", Canary, StringComparison.Ordinal).Split('\n'))
        {
            // A named file would be read, and an input could name any file.
            if (line.Split('=', 2) is [{ Length: > 0 } name, var value] && !name.EndsWith("_FILE", StringComparison.OrdinalIgnoreCase))
            {
                settings[name] = value;
            }
        }

        var read = AxvaultOptions.TryRead(new ConfigurationBuilder().AddInMemoryCollection(settings).Build(), out var options, out var problems);
        Holds(read == (problems.Count == 0) && read == (options is not null), "the result is either options or problems");
        var secrets = settings
            .Where(static setting =>
                setting.Value?.Contains(Canary, StringComparison.Ordinal) == true && !setting.Key.Contains(Canary, StringComparison.Ordinal)
            )
            .Select(static setting => setting.Key)
            .ToList();
        if (
            secrets.TrueForAll(static name =>
                name.Contains("KEY", StringComparison.OrdinalIgnoreCase)
                || name.Contains("SECRET", StringComparison.OrdinalIgnoreCase)
                || name.Contains("DATABASE", StringComparison.OrdinalIgnoreCase)
            )
        )
        {
            Holds(
                settings.Keys.Any(static name => name.Contains(Canary, StringComparison.Ordinal))
                    || !problems.Any(static problem => problem.Contains(Canary, StringComparison.Ordinal)),
                "a problem repeats no secret"
            );
        }
    }
}
