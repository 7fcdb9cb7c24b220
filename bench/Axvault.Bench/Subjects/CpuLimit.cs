using System.Globalization;

namespace Axvault.Bench.Subjects;

/// <summary>Holds a process to a part of a core, by a control group of Linux (cgroup version 1 or 2). It needs root.</summary>
internal sealed class CpuLimit : IDisposable
{
    private const int PeriodMicroseconds = 10_000;

    private const string Root = "/sys/fs/cgroup";

    private readonly string _group;
    private readonly string _parent;
    private readonly int _process;

    /// <summary>Holds the process <paramref name="process"/> to <paramref name="cores"/> of a core.</summary>
    public CpuLimit(int process, double cores)
    {
        _process = process;
        var isFirstVersion = Directory.Exists($"{Root}/cpu");
        _parent = isFirstVersion ? $"{Root}/cpu" : Root;
        _group = Path.Combine(_parent, string.Create(CultureInfo.InvariantCulture, $"axvault-bench-{process}"));
        Directory.CreateDirectory(_group);
        var quota = string.Create(CultureInfo.InvariantCulture, $"{(int)(cores * PeriodMicroseconds)}");
        var period = PeriodMicroseconds.ToString(CultureInfo.InvariantCulture);
        if (isFirstVersion)
        {
            File.WriteAllText(Path.Combine(_group, "cpu.cfs_period_us"), period);
            File.WriteAllText(Path.Combine(_group, "cpu.cfs_quota_us"), quota);
        }
        else
        {
            File.WriteAllText(Path.Combine(_group, "cpu.max"), $"{quota} {period}");
        }

        Move(_group);
    }

    /// <summary>Ends the limit.</summary>
    public void Dispose()
    {
        Move(_parent);
        Directory.Delete(_group);
    }

    private void Move(string group) =>
        File.WriteAllText(Path.Combine(group, "cgroup.procs"), _process.ToString(CultureInfo.InvariantCulture));
}
