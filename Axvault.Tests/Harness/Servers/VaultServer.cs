using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Axvault.Tests.Harness.Leaks;
using Npgsql;

namespace Axvault.Tests.Harness.Servers;

/// <summary>A server in a process of its own: <c>axvault serve</c>. Disposing kills it.</summary>
public sealed class VaultServer : IAsyncDisposable
{
    private static readonly string[] Inherited =
    [
        "AXVAULT_",
        "ASPNETCORE_",
        "DOTNET_ENVIRONMENT",
        "OTEL_",
        "ConnectionStrings__",
        "PG",
        "URLS",
        "HTTP_PORTS",
        "AllowedHosts",
    ];

    private static readonly string[] RateLimits = ["AXVAULT_RATE_LIMIT_KEY", "AXVAULT_RATE_LIMIT_ADDRESS", "AXVAULT_AUTH_FAILURE_LIMIT"];

    private static readonly TimeSpan FlushLimit = TimeSpan.FromSeconds(5);

    private readonly Process _process;
    private readonly ServerOutput _output;
    private readonly X509Certificate2? _root;
    private readonly string _test;
    private readonly bool _exports;
    private bool _disposed;

    private VaultServer(ServerSettings settings)
        : this(
            StartInfo(settings),
            settings.Port,
            [settings.EncryptionKey, .. settings.PreviousEncryptionKeys.Split(','), .. Passwords(settings.DatabaseUrl)],
            settings.IsShared
        )
    {
        _root = settings.Root;
        foreach (var key in (string[])[settings.EncryptionKey, .. settings.PreviousEncryptionKeys.Split(',')])
        {
            LeakWatch.Secrets.Add(key, SecretKind.Setting);
        }

        LeakWatch.Secrets.AddPasswordOf(settings.DatabaseUrl);
        foreach (var (name, value) in settings.Variables)
        {
            LeakWatch.Secrets.AddVariable(name, value);
        }

        Start();
    }

    private VaultServer(ProcessStartInfo start, int port, string[] secrets, bool isShared)
    {
        _process = new Process { StartInfo = start };
        _test = LeakWatch.CurrentTest;
        _output = new ServerOutput(_test, port, secrets);
        _exports = (isShared || LeakWatch.EveryServerExports) && !start.Environment.Keys.Any(static name => name.StartsWith("OTEL_", StringComparison.Ordinal));
        if (_exports)
        {
            LeakWatch.Export(start, _test);
        }
    }

    /// <summary>The lines on standard output so far.</summary>
    public IReadOnlyList<string> Output => _output.Lines;

    /// <summary>The lines on standard error so far.</summary>
    public IReadOnlyList<string> Errors => _output.Errors;

    /// <summary>The address of the server, once it has logged it.</summary>
    public Uri Address => _output.FindAddress() ?? throw new InvalidOperationException("The server does not listen yet.");

    /// <summary>The secret of the first key, when this server created it. It may arrive shortly after the server is ready.</summary>
    public string? BootstrapSecret => SpinWait.SpinUntil(() => _output.FindSecret() is not null, TimeSpan.FromSeconds(2)) ? _output.FindSecret() : null;

    /// <summary>The id of the process.</summary>
    public int ProcessId => _process.Id;

    /// <summary><see langword="true"/> when the process has ended; otherwise <see langword="false"/>.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>The resident memory of the process, in bytes.</summary>
    public long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>Starts a server, and returns at once.</summary>
    public static VaultServer Launch(ServerSettings settings) => new(settings);

    /// <summary>Starts a server with exactly the settings in <paramref name="start"/>, and returns when it serves.</summary>
    /// <param name="start">The program, its arguments and variables.</param>
    /// <param name="port">The port that it listens on.</param>
    /// <param name="secrets">The secrets in its settings.</param>
    internal static Task<VaultServer> StartAsync(ProcessStartInfo start, int port, params string[] secrets)
    {
        foreach (var secret in secrets)
        {
            LeakWatch.Secrets.Add(secret, SecretKind.Setting);
        }

        var server = new VaultServer(start, port, secrets, isShared: false);
        server.Start();
        return UntilReadyAsync(server);
    }

    /// <summary>Starts a server, and returns when it serves.</summary>
    public static Task<VaultServer> StartAsync(ServerSettings settings) => UntilReadyAsync(Launch(settings));

    /// <summary>Runs a server that is expected to end by itself, and returns it afterwards.</summary>
    public static async Task<VaultServer> RunToEndAsync(ServerSettings settings)
    {
        var server = Launch(settings);
        try
        {
            await server.WaitForExitAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until the server listens.</summary>
    public Task WaitUntilListeningAsync() => WaitAsync(() => Task.FromResult(_output.FindAddress() is not null), "the server listens");

    /// <summary>Waits until the server serves.</summary>
    public async Task WaitUntilReadyAsync()
    {
        await WaitUntilListeningAsync();
        using var client = Client();
        await WaitAsync(async () => await client.TryGetStatusAsync("/health") == HttpStatusCode.OK, "the server is ready");
    }

    /// <summary>Waits until standard output has a line with <paramref name="text"/>.</summary>
    public Task WaitForOutputAsync(string text) =>
        WaitAsync(() => Task.FromResult(Output.Any(line => line.Contains(text, StringComparison.Ordinal))), $"the log says: {text}");

    /// <summary>Waits until the process has ended and its output has been read, and returns the exit code.</summary>
    public async Task<int> WaitForExitAsync()
    {
        await Until.HoldsAsync(() => _process.HasExited, $"the server ends\n{Transcript()}");
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return _process.ExitCode;
    }

    /// <summary>Asks the server to stop, as an orchestrator does.</summary>
    public void Terminate() => Signal.Send(_process.Id, Signal.Terminate);

    /// <summary>Asks the server to stop, and returns its exit code.</summary>
    public Task<int> StopAsync()
    {
        Terminate();
        return WaitForExitAsync();
    }

    /// <summary>Kills the process, like a power cut.</summary>
    public async Task KillAsync()
    {
        Signal.Send(_process.Id, Signal.Kill);
        await WaitForExitAsync();
    }

    /// <summary>Returns a client that sends <paramref name="secret"/> with each request.</summary>
    public VaultClient Client(string? secret = null) => new(Address, secret, _root);

    /// <summary>Returns the output of the server with every secret masked.</summary>
    public string Transcript() => _output.Transcript();

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        AppDomain.CurrentDomain.ProcessExit -= KillAtExit;
        if (_exports && !_process.HasExited)
        {
            await LetFlushAsync();
        }

        Signal.Send(_process.Id, Signal.Kill);
        await _process.WaitForExitAsync(CancellationToken.None).WaitAsync(Until.Limit, CancellationToken.None);
        _process.Dispose();
    }

    // Stops the server gently, so that it exports its remaining telemetry.
    private async Task LetFlushAsync()
    {
        Terminate();
        try
        {
            await _process.WaitForExitAsync(CancellationToken.None).WaitAsync(FlushLimit, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            // The test may have left the server hanging.
        }
    }

    private static async Task<VaultServer> UntilReadyAsync(VaultServer server)
    {
        try
        {
            await server.WaitUntilReadyAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    private void Start()
    {
        _process.OutputDataReceived += (_, line) => _output.Add(EmissionChannel.Output, line.Data);
        _process.ErrorDataReceived += (_, line) => _output.Add(EmissionChannel.Errors, line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        AppDomain.CurrentDomain.ProcessExit += KillAtExit;
    }

    /// <summary>Returns the start information of the program with <paramref name="arguments"/>, without settings of the developer's environment.</summary>
    internal static ProcessStartInfo StartInfo(IEnumerable<string> arguments) => Clean(ServerProgram.StartInfo(arguments));

    /// <summary>Removes settings of the developer's environment from <paramref name="start"/>.</summary>
    internal static ProcessStartInfo Clean(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        foreach (
            var name in start
                .Environment.Keys.Where(static name => Inherited.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)))
                .ToList()
        )
        {
            start.Environment.Remove(name);
        }

        // A killed process would leave its diagnostic sockets behind.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        return start;
    }

    private static ProcessStartInfo StartInfo(ServerSettings settings)
    {
        var start = StartInfo(["serve", "--port", settings.Port.ToString(CultureInfo.InvariantCulture), .. settings.Flags]);
        start.WorkingDirectory = settings.WorkingDirectory;
        start.Environment["AXVAULT_DATABASE_URL"] = settings.DatabaseUrl;
        start.Environment["AXVAULT_ENCRYPTION_KEY"] = settings.EncryptionKey;
        start.Environment["AXVAULT_ENCRYPTION_KEY_PREVIOUS"] = settings.PreviousEncryptionKeys;
        foreach (var limit in RateLimits)
        {
            // All tests come from one address, and many fail on purpose. Tests of the limits set their own.
            start.Environment[limit] = "0";
        }

        foreach (var (name, value) in settings.Variables)
        {
            start.Environment[name] = value;
        }

        return start;
    }

    private static IEnumerable<string> Passwords(string databaseUrl) =>
        databaseUrl.Contains("://", StringComparison.Ordinal) ? [databaseUrl] : [new NpgsqlConnectionStringBuilder(databaseUrl).Password ?? ""];

    private Task WaitAsync(Func<Task<bool>> condition, string what) =>
        Until.HoldsAsync(
            async () =>
            {
                var holds = await condition();
                Assert.True(holds || !_process.HasExited, $"The server ended before {what}.\n{Transcript()}");
                return holds;
            },
            what
        );

    private void KillAtExit(object? sender, EventArgs arguments) => Signal.Send(_process.Id, Signal.Kill);
}
