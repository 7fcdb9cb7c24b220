using SharpFuzz;

namespace Axvault.Fuzz.Engine;

/// <summary>Instruments an assembly, so that it reports the branches that it takes.</summary>
internal static class Instrumentation
{
    /// <summary>Instruments <paramref name="file"/>, unless it is instrumented already.</summary>
    public static int Apply(string file)
    {
        try
        {
            Fuzzer.Instrument(file, static type => type.StartsWith("Axvault.Api.", StringComparison.Ordinal), Options.Value);
        }
        catch (InstrumentationException exception) when (exception.Message.Contains("already", StringComparison.Ordinal))
        {
            Console.WriteLine($"{Path.GetFileName(file)} is already instrumented.");
        }

        return 0;
    }
}
