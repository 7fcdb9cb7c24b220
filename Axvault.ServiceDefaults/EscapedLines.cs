using Serilog.Events;
using Serilog.Formatting;

namespace Axvault.ServiceDefaults;

/// <summary>The form of log lines of <paramref name="inner"/>, with hidden characters escaped as in JSON: a client may have sent them.</summary>
internal sealed class EscapedLines(ITextFormatter inner) : ITextFormatter
{
    /// <inheritdoc />
    public void Format(LogEvent logEvent, TextWriter output)
    {
        using var line = new StringWriter(output.FormatProvider);
        inner.Format(logEvent, line);
        output.Write(HiddenText.Escape(line.ToString()));
    }
}
