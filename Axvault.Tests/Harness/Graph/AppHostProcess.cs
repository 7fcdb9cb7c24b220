using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Axvault.Tests.Harness.Leaks;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Harness.Graph;

/// <summary>The AppHost as a separate process on free ports, started as from a terminal. Disposal stops it and all processes that it started.</summary>
internal sealed class AppHostProcess : IAsyncDisposable
{
    private static readonly string[] Inherited =
    [
        "AXVAULT_",
        "ASPIRE_",
        "ASPNETCORE_",
        "DOTNET_ENVIRONMENT",
        "DcpPublisher",
        "OTEL_",
        "ConnectionStrings__",
        "Parameters__",
    ];

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = [];
    private readonly ConcurrentQueue<string> _errors = [];

    private AppHostProcess(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Keep(_output, EmissionChannel.Output, line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(_errors, EmissionChannel.Errors, line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>The lines on standard output so far.</summary>
    public IReadOnlyList<string> Output => [.. _output.Where(static line => line.Length > 0)];

    /// <summary>The lines on standard error so far.</summary>
    public IReadOnlyList<string> Errors => [.. _errors.Where(static line => line.Length > 0)];

    /// <summary><c>true</c> when the process has ended; otherwise <c>false</c>.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>Starts an AppHost on an embedded PostgreSQL in <paramref name="folder"/>.</summary>
    /// <param name="folder">The folder for the data of PostgreSQL.</param>
    /// <param name="fixedPort">A port that the AppHost must get, as with a launch profile. When <c>null</c>, every port is a free one.</param>
    public static AppHostProcess Start(string folder, int? fixedPort = null)
    {
        var tests = new DirectoryInfo(AppContext.BaseDirectory);
        var assembly = Path.Combine(tests.Parent!.Parent!.FullName, "Axvault.AppHost", tests.Name, "Axvault.AppHost.dll");
        var start = new ProcessStartInfo("dotnet", [assembly, .. VaultGraph.Arguments(folder)]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (
            var name in start
                .Environment.Keys.Where(static name => Inherited.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)))
                .ToList()
        )
        {
            start.Environment.Remove(name);
        }

        start.Environment["DOTNET_ENVIRONMENT"] = "Development";
        start.Environment["ASPIRE_ALLOW_UNSECURED_TRANSPORT"] = "true";
        start.Environment["ASPNETCORE_URLS"] = Url(FreePort.Next());
        start.Environment["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"] = Url(FreePort.Next());
        start.Environment["ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL"] = Url(fixedPort ?? FreePort.Next());
        start.Environment["DcpPublisher__RandomizePorts"] = fixedPort is null ? "true" : "false";
        return new AppHostProcess(start);
    }

    /// <summary>Asks the AppHost to stop, as an orchestrator does.</summary>
    public void Terminate() => Signal.Send(_process.Id, Signal.Terminate);

    /// <summary>Returns the exit code when the process has ended and all of its output has been read.</summary>
    public async Task<int> WaitForExitAsync()
    {
        try
        {
            await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Until.Limit, TestContext.Current.CancellationToken);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"The AppHost does not end.\n{Transcript()}");
        }

        return _process.ExitCode;
    }

    /// <summary>Returns all that the AppHost wrote to its output and errors.</summary>
    public string Transcript() => string.Join('\n', ["stdout:", .. Output, "stderr:", .. Errors]);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            Terminate();
        }

        try
        {
            await _process.WaitForExitAsync(CancellationToken.None).WaitAsync(Until.Limit, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    private static void Keep(ConcurrentQueue<string> lines, EmissionChannel channel, string? line)
    {
        if (line is not null)
        {
            LeakWatch.Line(channel, "an AppHost", line);
            lines.Enqueue(line);
        }
    }

    private static string Url(int port) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");
}
