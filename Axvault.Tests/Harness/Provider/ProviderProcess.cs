using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Harness.Provider;

/// <summary>A process that says on its output where it listens. Disposing kills it.</summary>
internal sealed partial class ProviderProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = [];
    private bool _disposed;

    private ProviderProcess(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        AppDomain.CurrentDomain.ProcessExit += KillAtExit;
    }

    /// <summary>The address that it listens on.</summary>
    public string Address => FindAddress() ?? throw new InvalidOperationException("The provider does not listen yet.");

    /// <summary>Its output so far.</summary>
    public string Transcript => string.Join('\n', _output);

    /// <summary>Starts a process, and returns when it listens.</summary>
    public static async Task<ProviderProcess> StartAsync(ProcessStartInfo start)
    {
        var provider = new ProviderProcess(start);
        try
        {
            await Until.HoldsAsync(
                () =>
                {
                    Assert.False(provider._process.HasExited, $"The provider ended.\n{provider.Transcript}");
                    return provider.FindAddress() is not null;
                },
                "the provider listens"
            );
            return provider;
        }
        catch
        {
            await provider.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        AppDomain.CurrentDomain.ProcessExit -= KillAtExit;
        Signal.Send(_process.Id, Signal.Kill);
        await _process.WaitForExitAsync(CancellationToken.None).WaitAsync(Until.Limit, CancellationToken.None);
        _process.Dispose();
    }

    private string? FindAddress() =>
        _output.Select(static line => Listening().Match(line)).FirstOrDefault(static match => match.Success)?.Groups[1].Value;

    private void Keep(string? line)
    {
        if (line is not null)
        {
            _output.Enqueue(line);
        }
    }

    private void KillAtExit(object? sender, EventArgs arguments) => Signal.Send(_process.Id, Signal.Kill);

    // ASP.NET Core: Now listening on: http://127.0.0.1:41234
    [GeneratedRegex("istening on:? (http://[^ ]+)$")]
    private static partial Regex Listening();
}
