using System.Globalization;
using Axvault.Fuzz;
using Axvault.Fuzz.Engine;
using SharpFuzz;

const string usage = """
    replay [TARGET]                            runs every input of the corpus
    fuzz [TARGET] [--seconds N] [--seed N]     mutates the inputs for N seconds per target (default 10), and keeps those that reach new code;
                                               with --forget it keeps none
    trim [TARGET]                              removes found inputs that reach no code beyond that of the smaller ones
    afl TARGET                                 runs under afl-fuzz: afl-fuzz -i fuzz/corpus/TARGET -o OUT -- dotnet Axvault.Fuzz.dll afl TARGET
    """;

// Must come before any code of the server runs, because its instrumented code writes to the map.
if (args is ["instrument", var file])
{
    return Instrumentation.Apply(file);
}

Coverage.Start();
var names = args.Skip(1).TakeWhile(static word => !word.StartsWith("--", StringComparison.Ordinal)).ToList();
var targets = FuzzTargets.All.Where(target => names.Count == 0 || names.Contains(target.Name)).ToList();
if (targets.Count == 0 || targets.Count < names.Count)
{
    Console.Error.WriteLine($"Unknown target. The targets are: {string.Join(' ', FuzzTargets.All.Select(static target => target.Name))}");
    return 2;
}

switch (args.FirstOrDefault())
{
    case "replay":
        return targets.TrueForAll(static target => new FuzzLoop(target, 0).Replay()) ? 0 : 1;
    case "fuzz":
        var (time, keeps) = (TimeSpan.FromSeconds(Option("--seconds", 10)), !args.Contains("--forget"));
        return targets.TrueForAll(target => new FuzzLoop(target, Option("--seed", 0)).Fuzz(time, keeps)) ? 0 : 1;
    case "trim":
        targets.ForEach(static target => new FuzzLoop(target, 0).Trim());
        return 0;
    case "afl" when targets is [var target]:
        Fuzzer.Run(stream =>
        {
            using var input = new MemoryStream();
            stream.CopyTo(input);
            target.Run(input.ToArray());
        });
        return 0;
    default:
        Console.Error.WriteLine(usage);
        return 2;
}

int Option(string name, int otherwise) =>
    Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? int.Parse(args[at + 1], NumberStyles.None, CultureInfo.InvariantCulture) : otherwise;
