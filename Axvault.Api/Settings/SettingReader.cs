using System.Globalization;
using System.Net;

namespace Axvault.Api.Settings;

/// <summary>
/// Reads settings and collects their problems, so that one start reports all of them. No message repeats a value. After a problem, a method returns a
/// placeholder. No one uses the placeholder, because a problem ends the start.
/// </summary>
/// <param name="configuration">The environment variables. A command-line flag is included under the name of its variable.</param>
internal sealed class SettingReader(IConfiguration configuration)
{
    private const int MaxSecretFileBytes = 64 * 1024;

    private readonly List<string> _problems = [];

    /// <summary>The values.</summary>
    public IConfiguration Configuration { get; } = configuration;

    /// <summary>One line for each problem found so far, naming the setting and what was expected.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Returns the value of <paramref name="setting"/>. An empty variable counts as unset: compose files and CI systems pass unset ones so.</summary>
    public string? Value(Setting setting) => Configuration[setting.Variable] is { Length: > 0 } value ? value : setting.Default;

    /// <summary>Returns the secret in the variable of <paramref name="setting"/>, without the line breaks at its end, as from a file.</summary>
    public string? Secret(Setting setting) => Value(setting) is { } text && SecretText.Cut(text) is { Length: > 0 } secret ? secret : null;

    /// <summary>Adds a problem with <paramref name="setting"/>.</summary>
    public void Problem(Setting setting, string expectation) => Problem(setting.ToString(), expectation);

    /// <summary>Adds a problem with the setting or settings called <paramref name="name"/>.</summary>
    public void Problem(string name, string expectation) => _problems.Add($"{name}: {expectation}");

    /// <summary>Reads a whole number.</summary>
    public int Number(Setting setting, int least, int most)
    {
        if (int.TryParse(Value(setting), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
        {
            return number;
        }

        Problem(setting, string.Create(CultureInfo.InvariantCulture, $"expected a whole number from {least} to {most}"));
        return least;
    }

    /// <summary>Reads a whole number of seconds.</summary>
    public TimeSpan Seconds(Setting setting, int least, TimeSpan most) => TimeSpan.FromSeconds(Number(setting, least, (int)most.TotalSeconds));

    /// <summary>Reads a number above 0 and at most 1.</summary>
    public double Fraction(Setting setting)
    {
        if (double.TryParse(Value(setting), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= 1)
        {
            return number;
        }

        Problem(setting, "expected a number above 0, and at most 1, such as 0.5");
        return 1;
    }

    /// <summary>Reads <c>on</c> or <c>off</c>.</summary>
    public bool Switch(Setting setting)
    {
        var text = Value(setting);
        if (text is not ("on" or "off"))
        {
            Problem(setting, "expected on or off");
        }

        return text == "on";
    }

    /// <summary>Reads an address to listen on. Returns <see langword="null"/> for <c>localhost</c>, which means both loopback addresses.</summary>
    public IPAddress? ListenAddress(Setting setting)
    {
        var text = Value(setting)!;
        if (text == "localhost")
        {
            return null;
        }

        // The parser accepts a port after brackets and drops it. Refuse it, because the port has its own setting.
        if (!IPAddress.TryParse(text, out var address) || text.Contains("]:", StringComparison.Ordinal))
        {
            Problem(setting, "expected an IP address (0.0.0.0 or :: for all of them) or localhost");
        }

        return address;
    }

    /// <summary>Reads the secret in the file at <paramref name="path"/>, without the line breaks at its end.</summary>
    /// <param name="name">The setting that names the file, for an error message.</param>
    /// <param name="path">The path. A link is followed; a pipe or a device counts as empty.</param>
    /// <returns>The secret, empty when the file holds line breaks alone; <see langword="null"/> after a problem.</returns>
    public string? SecretFile(string name, string path)
    {
        try
        {
            if (BoundedFile.Read(path, MaxSecretFileBytes) is not { } bytes)
            {
                Problem(name, "expected a file, neither empty nor of more than 64 KiB, that holds the secret");
                return null;
            }

            var secret = SecretText.Cut(StrictUtf8.Encoding.GetString(bytes));
            if (!SecretText.IsQuoted(secret))
            {
                return secret;
            }

            Problem(name, "the content of the file stands in quotes, which would be a part of the secret: leave them out");
        }
        catch (Exception exception) when (BoundedFile.IsUnreadable(exception))
        {
            Problem(name, "the file cannot be read, or is not UTF-8 text");
        }

        return null;
    }
}
