using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Axvault.ServiceDefaults;
using Spectre.Console;

namespace Axvault.Api.CommandLine.Client;

/// <summary>
/// The output of a command. On a terminal it has tables and colours; into a pipe it has one line for each thing, with tabs between the columns.
/// </summary>
internal sealed class Printer
{
    private const string TimeFormat = "yyyy-MM-dd HH:mm'Z'";
    private readonly IAnsiConsole _console;

    private Printer(IAnsiConsole console, bool isTerminal, bool isJson) => (_console, IsTerminal, IsJson) = (console, isTerminal, isJson);

    /// <summary><see langword="true"/> when a person reads the output; otherwise <see langword="false"/>.</summary>
    public bool IsTerminal { get; }

    /// <summary><see langword="true"/> when the output is JSON; otherwise <see langword="false"/>.</summary>
    public bool IsJson { get; }

    /// <summary>Returns the standard output.</summary>
    public static Printer OfConsole(bool isJson) => new(AnsiConsole.Console, !Console.IsOutputRedirected, isJson);

    /// <summary>Returns <paramref name="text"/> on one line, with hidden characters escaped. Texts of the vault could otherwise change the terminal.</summary>
    public static string Clean(string? text) =>
        HiddenText.Escape(string.Concat((text ?? "").Select(static letter => letter < ' ' ? $"\\u{(int)letter:X4}" : letter.ToString())));

    /// <summary>Returns a time for people.</summary>
    public static string Text(DateTimeOffset? time) => time?.ToUniversalTime().ToString(TimeFormat, CultureInfo.InvariantCulture) ?? "";

    /// <summary>Prints a line.</summary>
    public static void Line(string text) => Console.Out.WriteLine(Clean(text));

    /// <summary>Prints <paramref name="text"/> as it is: a secret that was asked for.</summary>
    public static void Raw(string text) => Console.Out.WriteLine(text);

    /// <summary>Prints <paramref name="value"/> as JSON.</summary>
    public static void Json<T>(T value, JsonTypeInfo<T> type) => Console.Out.WriteLine(JsonSerializer.Serialize(value, type));

    /// <summary>Prints JSON with indentation.</summary>
    public static void Json(JsonElement value)
    {
        using var output = Console.OpenStandardOutput();
        using (var writer = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            value.WriteTo(writer);
        }

        output.Write("\n"u8);
    }

    /// <summary>Prints a table.</summary>
    /// <param name="headers">The headers, on a terminal.</param>
    /// <param name="rows">The rows; each has as many cells as there are headers.</param>
    /// <param name="none">The sentence for no rows, on a terminal.</param>
    /// <param name="isBad">Returns <see langword="true"/> for a row that needs attention; <see langword="null"/> for none.</param>
    public void Table(IReadOnlyList<string> headers, IReadOnlyList<string?[]> rows, string none, Predicate<string?[]>? isBad = null)
    {
        if (!IsTerminal)
        {
            foreach (var row in rows)
            {
                Console.Out.WriteLine(string.Join('\t', row.Select(Clean)));
            }

            return;
        }

        if (rows.Count == 0)
        {
            Line(none);
            return;
        }

        var table = new Table().NoBorder();
        foreach (var header in headers)
        {
            table.AddColumn(new TableColumn(new Text(header)).PadRight(2));
        }

        foreach (var row in rows)
        {
            var style = isBad?.Invoke(row) == true ? new Style(Color.Red) : Style.Plain;
            table.AddRow([.. row.Select(cell => new Text(Clean(cell), style))]);
        }

        _console.Write(table);
    }

    /// <summary>Prints labelled values. Absent ones are left out.</summary>
    public void Details(params IReadOnlyList<(string Label, string? Value)> details)
    {
        var present = details.Where(static detail => !string.IsNullOrEmpty(detail.Value)).ToList();
        var width = IsTerminal ? present.Max(static detail => detail.Label.Length) + 2 : 0;
        foreach (var (label, value) in present)
        {
            Console.Out.WriteLine(IsTerminal ? $"{label.PadRight(width)}{Clean(value)}" : $"{label}\t{Clean(value)}");
        }
    }
}
