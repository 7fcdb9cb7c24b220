using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Harness.Provider;

/// <summary>A provider in a process of one test's own, for tests that need other settings than the graph's or end it. Disposing kills it.</summary>
public sealed partial class ProviderServer : IAsyncDisposable
{
    /// <summary>The name of the provider's connection string.</summary>
    internal const string DatabaseName = "providerdb";

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = [];

    private ProviderServer(TestDatabase database, TimeSpan reuseLeeway, TimeSpan accessTokenLifetime)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(AssemblyFile);
        start.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        start.Environment[$"ConnectionStrings__{DatabaseName}"] = $"{database.ConnectionString};Pooling=true";
        start.Environment["Provider__ReuseLeewaySeconds"] = Seconds(reuseLeeway);
        start.Environment["Provider__AccessTokenSeconds"] = Seconds(accessTokenLifetime);
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        AppDomain.CurrentDomain.ProcessExit += KillAtExit;
    }

    /// <summary>The address it listens on.</summary>
    public Uri Address => FindAddress() ?? throw new InvalidOperationException("The provider does not listen yet.");

    /// <summary>Its output so far.</summary>
    public string Transcript => string.Join('\n', _output);

    // artifacts/bin/Axvault.Tests/debug -> artifacts/bin/Axvault.Tests.Provider/debug.
    internal static string AssemblyFile
    {
        get
        {
            var tests = new DirectoryInfo(AppContext.BaseDirectory);
            return Path.Combine(tests.Parent!.Parent!.FullName, "Axvault.Tests.Provider", tests.Name, "Axvault.Tests.Provider.dll");
        }
    }

    /// <summary>Starts a provider, and returns when it serves.</summary>
    /// <param name="database">A database for this provider alone: the schema is created there.</param>
    /// <param name="reuseLeeway">The time after its use during which a refresh token may be used again; none when omitted.</param>
    /// <param name="accessTokenLifetime">The lifetime of access tokens, unless the grant sets another; one hour when omitted.</param>
    public static async Task<ProviderServer> StartAsync(TestDatabase database, TimeSpan? reuseLeeway = null, TimeSpan? accessTokenLifetime = null)
    {
        ArgumentNullException.ThrowIfNull(database);

        var server = new ProviderServer(database, reuseLeeway ?? TimeSpan.Zero, accessTokenLifetime ?? TimeSpan.FromHours(1));
        try
        {
            await Until.HoldsAsync(
                () =>
                {
                    Assert.False(server._process.HasExited, $"The provider ended.\n{server.Transcript}");
                    return server.FindAddress() is not null;
                },
                "the provider listens"
            );
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        AppDomain.CurrentDomain.ProcessExit -= KillAtExit;
        Signal.Send(_process.Id, Signal.Kill);
        await _process.WaitForExitAsync(CancellationToken.None).WaitAsync(Until.Limit, CancellationToken.None);
        _process.Dispose();
    }

    private static string Seconds(TimeSpan time) => ((int)time.TotalSeconds).ToString(CultureInfo.InvariantCulture);

    private Uri? FindAddress() =>
        _output.Select(static line => Listening().Match(line)).FirstOrDefault(static match => match.Success) is { } match
            ? new Uri(match.Groups[1].Value)
            : null;

    private void Keep(string? line)
    {
        if (line is not null)
        {
            _output.Enqueue(line);
        }
    }

    private void KillAtExit(object? sender, EventArgs arguments) => Signal.Send(_process.Id, Signal.Kill);

    [GeneratedRegex("Now listening on: (http://[^ ]+)")]
    private static partial Regex Listening();
}
