namespace Axvault.Bench.Load;

/// <summary>Loads that run in turn, so that a disturbance of the machine affects all of them.</summary>
/// <param name="Rounds">The number of rounds of each load.</param>
/// <param name="Seconds">The duration of a round, in seconds.</param>
internal sealed record Comparison(int Rounds, int Seconds)
{
    /// <summary>Runs <paramref name="subjects"/> in turn, after a warm-up of each.</summary>
    /// <returns>The results of each subject, one per round.</returns>
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

    /// <summary>Returns the median of the ratios of two subjects, round by round.</summary>
    public static double Ratio(List<LoadResult> one, List<LoadResult> other, Func<LoadResult, double> figure) =>
        Medians.Of(one.Zip(other, (left, right) => figure(left) / figure(right)));
}
