using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Axvault.Bench.Subjects;

/// <summary>A server under load, in a process of its own. Disposing kills it.</summary>
internal sealed class BenchProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan OutputLimit = TimeSpan.FromSeconds(2);

    private readonly Process _process;

    private BenchProcess(ProcessStartInfo start, int port, Action<string> error, Action<string> output)
    {
        Address = new Uri($"http://127.0.0.1:{port}");
        start.RedirectStandardError = true;
        start.RedirectStandardOutput = true;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => output(line.Data ?? "");
        _process.ErrorDataReceived += (_, line) => error(line.Data ?? "");
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>The address it listens on.</summary>
    public Uri Address { get; }

    /// <summary>The id of the process.</summary>
    public int Id => _process.Id;

    /// <summary><see langword="true"/> when the process has ended; otherwise <see langword="false"/>.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>The time from the start of the process until it was healthy.</summary>
    public TimeSpan StartTime { get; private set; }

    /// <summary>The resident memory of the process, in MiB.</summary>
    public double ResidentMebibytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64 / 1024.0 / 1024;
        }
    }

    /// <summary>Starts a process, and returns when <paramref name="healthPath"/> answers 200.</summary>
    /// <param name="make">Returns the start information for a port.</param>
    /// <param name="healthPath">The path of the health check.</param>
    /// <param name="error">Receives the lines on standard error.</param>
    /// <param name="output">Receives the lines on standard output.</param>
    /// <param name="on">The port; a free one when omitted.</param>
    /// <param name="cancellationToken">Cancels the wait, and ends the process.</param>
    public static async Task<BenchProcess> StartAsync(
        Func<int, ProcessStartInfo> make,
        string healthPath,
        Action<string>? error = null,
        Action<string>? output = null,
        int? on = null,
        CancellationToken cancellationToken = default
    )
    {
        var port = on ?? FreePort();
        var start = make(port);
        using var http = new HttpClient();
        var clock = Stopwatch.StartNew();
        var process = new BenchProcess(start, port, error ?? (static _ => { }), output ?? (static _ => { }));
        while (await StatusAsync(http, new Uri(process.Address, healthPath)) != HttpStatusCode.OK)
        {
            if (process._process.HasExited || clock.Elapsed > StartLimit || cancellationToken.IsCancellationRequested)
            {
                await process.DisposeAsync();
                cancellationToken.ThrowIfCancellationRequested();
                throw new InvalidOperationException($"{start.FileName} {string.Join(' ', start.ArgumentList)} does not become healthy.");
            }

            await Task.Delay(2, CancellationToken.None);
        }

        process.StartTime = clock.Elapsed;
        return process;
    }

    /// <summary>Waits until the process has ended by itself or by a signal, and returns its exit code.</summary>
    /// <exception cref="TimeoutException">The process has not ended within <paramref name="limit"/>.</exception>
    public async Task<int> WaitForExitAsync(TimeSpan limit)
    {
        await _process.WaitForExitAsync().WaitAsync(limit);
        return _process.ExitCode;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        try
        {
            await _process.WaitForExitAsync().WaitAsync(OutputLimit);
        }
        catch (TimeoutException)
        {
            // The process has ended, but a child that it started still holds its output open.
        }

        _process.Dispose();
    }

    private static async Task<HttpStatusCode?> StatusAsync(HttpClient http, Uri address)
    {
        try
        {
            using var response = await http.GetAsync(address);
            return response.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    /// <summary>Returns a port that no process listens on.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
