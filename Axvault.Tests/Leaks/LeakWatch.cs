using System.Diagnostics;
using Axvault.Tests.Server;

namespace Axvault.Tests.Leaks;

/// <summary>
/// Watches the whole run: whatever the servers emit goes by here, and every secret that the tests use. At the end all of the first is searched
/// for all of the second, in every disguise; a find fails the run.
/// </summary>
public sealed class LeakWatch : IAsyncLifetime
{
    /// <summary>The variable that lets every server of a run export its telemetry, when it is <c>all</c>; else the servers of the shared fixtures do.</summary>
    private const string ExportVariable = "AXVAULT_TESTS_EXPORT";

    private static OtlpReceiver? _receiver;
    private static (long Emitted, int Secrets) _searched;

    /// <summary>Whether every server exports, which costs each of them about half a second of processor time.</summary>
    public static bool EveryServerExports { get; } = Environment.GetEnvironmentVariable(ExportVariable) == "all";

    /// <summary>What was emitted.</summary>
    internal static Emissions Emissions { get; } = new();

    /// <summary>What must not be in it.</summary>
    internal static UsedSecrets Secrets { get; } = new();

    /// <summary>The test that runs, or whose fixture it is; without its arguments, which may be secrets.</summary>
    internal static string CurrentTest =>
        TestContext.Current.TestMethod?.MethodName ?? TestContext.Current.TestClass?.TestClassSimpleName ?? TestContext.Current.TestCollection?.TestCollectionDisplayName ?? "the run";

    /// <summary>Makes a program export to the run's own receiver.</summary>
    internal static void Export(ProcessStartInfo start, string test)
    {
        foreach (var (name, value) in _receiver!.Variables)
        {
            start.Environment[name] = value;
        }

        // Nobody waits for it, and at its end a server exports what is left.
        start.Environment["OTEL_BSP_SCHEDULE_DELAY"] = "1000";
        start.Environment["OTEL_BLRP_SCHEDULE_DELAY"] = "1000";
        start.Environment["OTEL_METRIC_EXPORT_INTERVAL"] = "10000";
        start.Environment["OTEL_EXPORTER_OTLP_HEADERS"] = $"{OtlpReceiver.SourceHeader}={test}";
    }

    /// <summary>Takes what a program wrote.</summary>
    internal static void Line(EmissionChannel channel, string source, string text)
    {
        Emissions.Append(channel, source, text);
        if (channel == EmissionChannel.Errors)
        {
            Secrets.AddKeysOf(text, SecretKind.ShownKey);
        }
    }

    /// <inheritdoc />
    public async ValueTask InitializeAsync() => _receiver = await OtlpReceiver.StartAsync(keep: false);

    /// <summary>Searches what was emitted so far.</summary>
    internal static IReadOnlyCollection<Leak> Search()
    {
        _searched = (Emissions.Length, Secrets.All.Count);
        return LeakSearch.Find(Secrets, Emissions);
    }

    /// <inheritdoc />
    /// <remarks>For a run of some tests alone, and for what came after <see cref="LeakTests"/>.</remarks>
    /// <exception cref="InvalidOperationException">Something has leaked.</exception>
    public async ValueTask DisposeAsync()
    {
        await _receiver!.DisposeAsync();
        using (Emissions)
        {
            if (_searched != (Emissions.Length, Secrets.All.Count) && Search() is { Count: > 0 } leaks)
            {
                throw new InvalidOperationException($"{leaks.Count} leaks:\n{string.Join('\n', leaks)}");
            }
        }
    }
}
