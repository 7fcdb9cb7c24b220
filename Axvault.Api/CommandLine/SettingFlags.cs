using System.CommandLine;
using Axvault.Api.Settings;

namespace Axvault.Api.CommandLine;

/// <summary>The flags of a command that stand for settings.</summary>
internal sealed class SettingFlags
{
    private readonly Dictionary<Setting, Option<string>> _flags;

    private SettingFlags(Dictionary<Setting, Option<string>> flags) => _flags = flags;

    /// <summary>Adds a flag to <paramref name="command"/> for each of <paramref name="settings"/> that has one.</summary>
    public static SettingFlags AddTo(Command command, IEnumerable<Setting> settings)
    {
        var flags = settings.Where(static setting => setting.Flag is not null).ToDictionary(static setting => setting, Create);
        foreach (var flag in flags.Values)
        {
            command.Options.Add(flag);
        }

        return new SettingFlags(flags);
    }

    /// <summary>Returns the values of the flags that were given, by the names of their variables. An empty flag counts as not given.</summary>
    public Dictionary<string, string?> Given(ParseResult parsed) =>
        _flags
            .Where(flag => parsed.GetValue(flag.Value) is { Length: > 0 })
            .ToDictionary(static flag => flag.Key.Variable, flag => parsed.GetValue(flag.Value));

    private static Option<string> Create(Setting setting) =>
        new(setting.Flag!)
        {
            Description = $"{setting.Description} [{setting.Variable}{(setting.Default is { } value ? $"; default: {value}" : "")}]",
            HelpName = "value",
        };
}
