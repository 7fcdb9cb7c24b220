using System.Globalization;
using System.Text.RegularExpressions;

namespace Axvault.Tests.Harness.Servers;

/// <summary>An answer to a scrape of Prometheus. The format is from https://prometheus.io/docs/instrumenting/exposition_formats/.</summary>
public sealed partial class Scrape
{
    private Scrape(string text, IReadOnlyDictionary<string, string> types, IReadOnlyList<Sample> samples) => (Text, Types, Samples) = (text, types, samples);

    /// <summary>The text as received.</summary>
    public string Text { get; }

    /// <summary>The type of each metric, by its name.</summary>
    public IReadOnlyDictionary<string, string> Types { get; }

    /// <summary>The samples, in order.</summary>
    public IReadOnlyList<Sample> Samples { get; }

    /// <summary>Parses <paramref name="text"/>. Fails the test when a line is invalid.</summary>
    public static Scrape Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        Assert.EndsWith("\n", text, StringComparison.Ordinal);

        var types = new Dictionary<string, string>();
        List<Sample> samples = [];
        foreach (var line in text[..^1].Split('\n'))
        {
            if (TypeLine().Match(line) is { Success: true } type)
            {
                types.Add(type.Groups[1].Value, type.Groups[2].Value);
            }
            else if (SampleLine().Match(line) is { Success: true } sample)
            {
                samples.Add(
                    new Sample(
                        sample.Groups["name"].Value,
                        Label()
                            .Matches(sample.Groups["labels"].Value)
                            .ToDictionary(static label => label.Groups[1].Value, static label => label.Groups[2].Value),
                        Value(sample.Groups["value"].Value)
                    )
                );
            }
            else
            {
                Assert.Matches(OtherLine(), line);
            }
        }

        return new Scrape(text, types, samples);
    }

    /// <summary>Returns the samples of a metric, including the series of a histogram.</summary>
    public IEnumerable<Sample> Of(string metric) =>
        Samples.Where(sample =>
            sample.Name == metric
            || (
                Types.GetValueOrDefault(metric) == "histogram"
                && sample.Name.StartsWith(metric, StringComparison.Ordinal)
                && sample.Name[metric.Length..] is "_bucket" or "_sum" or "_count"
            )
        );

    /// <summary>Returns the value of the single sample of <paramref name="metric"/> with the given label.</summary>
    public double Value(string metric, string label, string value) =>
        Assert.Single(Of(metric), sample => sample.Labels.GetValueOrDefault(label) == value).Value;

    private static double Value(string text) =>
        text switch
        {
            "+Inf" => double.PositiveInfinity,
            "-Inf" => double.NegativeInfinity,
            "NaN" => double.NaN,
            _ => double.Parse(text, CultureInfo.InvariantCulture),
        };

    [GeneratedRegex(@"\A# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram|summary|untyped)\z")]
    private static partial Regex TypeLine();

    [GeneratedRegex("""\A(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?<labels>([a-zA-Z_][a-zA-Z0-9_]*="([^"\\]|\\[\\"n])*",?)*)\})? (?<value>\S+)( [0-9]+)?\z""")]
    private static partial Regex SampleLine();

    [GeneratedRegex("""([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\[\\"n])*)",?""")]
    private static partial Regex Label();

    [GeneratedRegex(@"\A# (HELP [a-zA-Z_:][a-zA-Z0-9_:]* .+|UNIT [a-zA-Z_:][a-zA-Z0-9_:]* [a-z]+|EOF)\z")]
    private static partial Regex OtherLine();
}

/// <summary>One value of a metric.</summary>
public sealed record Sample(string Name, IReadOnlyDictionary<string, string> Labels, double Value);
