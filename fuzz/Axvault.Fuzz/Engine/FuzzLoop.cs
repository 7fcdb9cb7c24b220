using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Axvault.Fuzz.Engine;

/// <summary>Runs a target on inputs, and looks for an exception, a broken property, or too much time or memory.</summary>
internal sealed class FuzzLoop(FuzzTarget target, int seed)
{
    // A single slow run may be caused by a busy machine, so only two slow runs in a row are a failure.
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Hung = TimeSpan.FromSeconds(60);
    private const long MostAllocated = 64L << 20;
    private const int LongestKept = 1024;

    private readonly Corpus _corpus = new(target.Name);
    private readonly byte[] _seen = Coverage.None();

    /// <summary>Runs every input of the corpus. Returns <see langword="false"/> when one fails.</summary>
    public bool Replay()
    {
        var inputs = _corpus.Read();
        foreach (var (_, input) in inputs)
        {
            if (Failure(input) is not null)
            {
                return Report(input);
            }

            Coverage.AddTo(_seen, counts: true);
        }

        return Report($"{inputs.Count} inputs");
    }

    /// <summary>Mutates inputs. Returns <see langword="false"/> when one fails.</summary>
    /// <param name="time">The time to do so.</param>
    /// <param name="keeps"><see langword="true"/> to add inputs that reach new code to the corpus; otherwise <see langword="false"/>.</param>
    public bool Fuzz(TimeSpan time, bool keeps)
    {
        if (!Replay())
        {
            return false;
        }

        var random = new Random(seed);
        var mutator = new Mutator(random, target.Tokens);
        var inputs = _corpus.Read().ConvertAll(static input => input.Input);
        var (before, runs, clock) = (inputs.Count, 0L, Stopwatch.StartNew());
        while (clock.Elapsed < time)
        {
            runs++;
            var input = mutator.Mutate(inputs[Pick()], inputs[random.Next(inputs.Count)]);
            if (Failure(input) is { } failure)
            {
                return Report(Shrink(input, failure));
            }

            if (Coverage.AddTo(_seen, counts: true))
            {
                inputs.Add(input);
                if (keeps && input.Length <= LongestKept)
                {
                    _corpus.Add(input);
                }
            }
        }

        return Report(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{runs} runs in {clock.Elapsed.TotalSeconds:F0} s, {inputs.Count - before} inputs that reach new code, seed {seed}"
            )
        );

        // Recently found inputs lead to new code more often than old ones.
        int Pick() => random.Next(2) == 0 ? random.Next(inputs.Count) : Math.Max(0, inputs.Count - 1 - random.Next(16));
    }

    /// <summary>Removes found inputs that reach no code beyond that of the smaller ones. Seeds stay.</summary>
    public void Trim()
    {
        var inputs = _corpus.Read();
        var dropped = inputs.Count(input =>
        {
            Failure(input.Input);
            if (Coverage.AddTo(_seen, counts: false) || !Path.GetFileName(input.File).All(char.IsAsciiHexDigitLower))
            {
                return false;
            }

            File.Delete(input.File);
            return true;
        });
        Report($"{inputs.Count - dropped} inputs, {dropped} dropped");
    }

    private string? Failure(byte[] input) =>
        FailureOnce(input, out var wasSlow)
        ?? (wasSlow && FailureOnce(input, out wasSlow) is null && wasSlow ? $"it takes longer than {Slow.TotalSeconds} s" : null);

    private string? FailureOnce(byte[] input, out bool wasSlow)
    {
        Coverage.Clear();
        var (clock, allocated) = (Stopwatch.StartNew(), GC.GetAllocatedBytesForCurrentThread());
        using var watchdog = new Timer(_ => ReportHang(input), null, Hung, Timeout.InfiniteTimeSpan);
        try
        {
            target.Run(input);
            return GC.GetAllocatedBytesForCurrentThread() - allocated > MostAllocated ? $"it allocates more than {MostAllocated >> 20} MiB" : null;
        }
        catch (Exception exception)
        {
            return exception is PropertyException
                ? exception.Message
                : $"{exception.GetType()} at {FirstFrame(exception)}";
        }
        finally
        {
            wasSlow = clock.Elapsed > Slow;
        }
    }

    private static string? FirstFrame(Exception exception) =>
        exception.StackTrace?.Split('\n').FirstOrDefault(static line => line.Contains("Axvault", StringComparison.Ordinal))?.Trim();

    // Removes pieces of the input as long as the same failure remains.
    private byte[] Shrink(byte[] input, string failure)
    {
        for (var size = input.Length / 2; size > 0; size /= 2)
        {
            for (var at = 0; at + size <= input.Length;)
            {
                byte[] smaller = [.. input[..at], .. input[(at + size)..]];
                if (Failure(smaller) == failure)
                {
                    input = smaller;
                }
                else
                {
                    at += size;
                }
            }
        }

        return input;
    }

    private void ReportHang(byte[] input)
    {
        Console.Error.WriteLine($"{target.Name}: the run does not end: {_corpus.AddFailure(input)}");
        Environment.Exit(1);
    }

    private bool Report(string line)
    {
        Console.WriteLine($"{target.Name}: {line}");
        return true;
    }

    private bool Report(byte[] failed)
    {
        var failure = Failure(failed);
        Console.Error.WriteLine($"{target.Name}: {failure}\n  {_corpus.AddFailure(failed)}\n  {Encoding.Latin1.GetString(failed)}");
        return false;
    }
}
