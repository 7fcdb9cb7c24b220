using System.Diagnostics;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Harness.Leaks;

/// <summary>
/// Watches the whole run: it keeps everything that the servers emit, and every secret that the tests use. At the end it searches the emissions
/// for every secret in every disguise. A find fails the run.
/// </summary>
public sealed class LeakWatch : IAsyncLifetime
{
    /// <summary>
    /// The variable that makes every server of a run export its telemetry when it is <c>all</c>. By default only servers of shared fixtures export.
    /// </summary>
    private const string ExportVariable = "AXVAULT_TESTS_EXPORT";

    private static OtlpReceiver? _receiver;
    private static (long Emitted, int Secrets) _searched;

    /// <summary>
    /// <see langword="true"/> when every server exports, which costs each about half a second of processor time; otherwise <see langword="false"/>.
    /// </summary>
    public static bool EveryServerExports { get; } = Environment.GetEnvironmentVariable(ExportVariable) == "all";

    /// <summary>Everything that was emitted.</summary>
    internal static Emissions Emissions { get; } = new();

    /// <summary>The secrets that must not be in <see cref="Emissions"/>.</summary>
    internal static UsedSecrets Secrets { get; } = new();

    /// <summary>The name of the running test, or of the class or collection of a fixture. The test's arguments are left out: they may be secrets.</summary>
    internal static string CurrentTest =>
        TestContext.Current.TestMethod?.MethodName
        ?? TestContext.Current.TestClass?.TestClassSimpleName
        ?? TestContext.Current.TestCollection?.TestCollectionDisplayName
        ?? "the run";

    /// <summary>Makes a program export its telemetry to the receiver of the run.</summary>
    internal static void Export(ProcessStartInfo start, string test)
    {
        foreach (var (name, value) in _receiver!.Variables)
        {
            start.Environment[name] = value;
        }

        // Long delays are harmless: no test waits for an export, and a server exports the rest when it stops.
        start.Environment["OTEL_BSP_SCHEDULE_DELAY"] = "1000";
        start.Environment["OTEL_BLRP_SCHEDULE_DELAY"] = "1000";
        start.Environment["OTEL_METRIC_EXPORT_INTERVAL"] = "10000";
        start.Environment["OTEL_EXPORTER_OTLP_HEADERS"] = $"{OtlpReceiver.SourceHeader}={test}";
    }

    /// <summary>Keeps a line that a program wrote.</summary>
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

    /// <summary>Searches everything emitted so far.</summary>
    internal static IReadOnlyCollection<Leak> Search()
    {
        _searched = (Emissions.Length, Secrets.All.Count);
        return LeakSearch.Find(Secrets, Emissions);
    }

    /// <inheritdoc />
    /// <remarks>Searches again when the run had no the leak tests, or when something was emitted after them.</remarks>
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
