namespace Axvault.Bench.Load;

/// <summary>Loads that are run by turns, so that what disturbs the machine disturbs all of them.</summary>
/// <param name="Rounds">How often each is run.</param>
/// <param name="Seconds">For how long.</param>
internal sealed record Comparison(int Rounds, int Seconds)
{
    /// <summary>Runs <paramref name="subjects"/> by turns, after a warm-up of each.</summary>
    /// <returns>The loads of each, a round each.</returns>
    public async Task<IReadOnlyDictionary<string, List<LoadResult>>> RunAsync(IReadOnlyList<(string Name, Func<int, Task<LoadResult>> Load)> subjects)
    {
        var loads = subjects.ToDictionary(static subject => subject.Name, static _ => new List<LoadResult>());
        foreach (var (_, load) in subjects)
        {
            await load(2);
        }

        for (var round = 0; round < Rounds; round++)
        {
            foreach (var (name, load) in subjects)
            {
                loads[name].Add(await load(Seconds));
            }
        }

        return loads;
    }

    /// <summary>The median of the ratios of two subjects, round by round.</summary>
    public static double Ratio(List<LoadResult> one, List<LoadResult> other, Func<LoadResult, double> figure) => Medians.Of(one.Zip(other, (left, right) => figure(left) / figure(right)));
}
