using SharpFuzz;

namespace Axvault.Fuzz.Engine;

/// <summary>Makes an assembly tell where it has been.</summary>
internal static class Instrumentation
{
    /// <summary>Rewrites <paramref name="file"/>, unless it was rewritten before.</summary>
    public static int Apply(string file)
    {
        try
        {
            Fuzzer.Instrument(file, static type => type.StartsWith("Axvault.Api.", StringComparison.Ordinal), Options.Value);
        }
        catch (InstrumentationException exception) when (exception.Message.Contains("already", StringComparison.Ordinal))
        {
            Console.WriteLine($"{Path.GetFileName(file)} is instrumented.");
        }

        return 0;
    }
}
