using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using Axvault.Tests.Leaks;
using Npgsql;

namespace Axvault.Tests.Server;

/// <summary>A server as a process of its own: <c>axvault serve</c>. Disposing kills it.</summary>
public sealed partial class VaultServer : IAsyncDisposable
{
    private static readonly string[] Inherited = ["AXVAULT_", "ASPNETCORE_", "DOTNET_ENVIRONMENT", "OTEL_", "ConnectionStrings__", "PG", "URLS", "HTTP_PORTS", "AllowedHosts"];

    private static readonly string[] RateLimits = ["AXVAULT_RATE_LIMIT_KEY", "AXVAULT_RATE_LIMIT_ADDRESS", "AXVAULT_AUTH_FAILURE_LIMIT"];

    private static readonly TimeSpan FlushLimit = TimeSpan.FromSeconds(5);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = [];
    private readonly ConcurrentQueue<string> _errors = [];
    private readonly string[] _secrets;
    private readonly int _port;
    private readonly X509Certificate2? _root;
    private readonly string _test;
    private readonly bool _exports;
    private bool _disposed;

    private VaultServer(ServerSettings settings)
        : this(StartInfo(settings), settings.Port, [settings.EncryptionKey, .. settings.PreviousEncryptionKeys.Split(','), .. Passwords(settings.DatabaseUrl)], settings.IsShared)
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
        _port = port;
        _secrets = secrets;
        _process = new Process { StartInfo = start };
        _test = LeakWatch.CurrentTest;
        _exports = (isShared || LeakWatch.EveryServerExports) && !start.Environment.Keys.Any(static name => name.StartsWith("OTEL_", StringComparison.Ordinal));
        if (_exports)
        {
            LeakWatch.Export(start, _test);
        }
    }

    /// <summary>The lines on standard output so far.</summary>
    public IReadOnlyList<string> Output => [.. _output];

    /// <summary>The lines on standard error so far.</summary>
    public IReadOnlyList<string> Errors => [.. _errors];

    /// <summary>Where the server listens; only after it has said so.</summary>
    public Uri Address => FindAddress() ?? throw new InvalidOperationException("The server does not listen yet.");

    /// <summary>The secret of the first key, when this server made it. It was written before the server was ready, and may still be on its way.</summary>
    public string? BootstrapSecret => SpinWait.SpinUntil(() => FindSecret() is not null, TimeSpan.FromSeconds(2)) ? FindSecret() : null;

    /// <summary>The id of the process.</summary>
    public int ProcessId => _process.Id;

    /// <summary>Whether the process has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>The memory that the process holds, in bytes.</summary>
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

    /// <summary>Starts a server as <paramref name="start"/> says and nothing else, and returns when it serves.</summary>
    /// <param name="start">The program, its arguments and variables.</param>
    /// <param name="port">The port that it is told to listen on.</param>
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

    /// <summary>Runs a server that is expected to end by itself, and returns it when it has.</summary>
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

    /// <summary>Returns when the server listens.</summary>
    public Task WaitUntilListeningAsync() => WaitAsync(() => Task.FromResult(FindAddress() is not null), "the server listens");

    /// <summary>Returns when the server serves.</summary>
    public async Task WaitUntilReadyAsync()
    {
        await WaitUntilListeningAsync();
        using var client = Client();
        await WaitAsync(async () => await client.TryGetStatusAsync("/health") == HttpStatusCode.OK, "the server is ready");
    }

    /// <summary>Returns when standard output has a line with <paramref name="text"/>.</summary>
    public Task WaitForOutputAsync(string text) =>
        WaitAsync(() => Task.FromResult(_output.Any(line => line.Contains(text, StringComparison.Ordinal))), $"the log says: {text}");

    /// <summary>Returns the exit code when the process has ended and all of its output has been read.</summary>
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

    /// <summary>Ends the process as a power cut would.</summary>
    public async Task KillAsync()
    {
        Signal.Send(_process.Id, Signal.Kill);
        await WaitForExitAsync();
    }

    /// <summary>A client that sends <paramref name="secret"/> with each request.</summary>
    public VaultClient Client(string? secret = null) => new(Address, secret, _root);

    /// <summary>What the server wrote, with every secret masked.</summary>
    public string Transcript() => Mask(string.Join('\n', ["stdout:", .. _output, "stderr:", .. _errors]));

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

    // What it still has to export.
    private async Task LetFlushAsync()
    {
        Terminate();
        try
        {
            await _process.WaitForExitAsync(CancellationToken.None).WaitAsync(FlushLimit, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            // A test may have left it hanging.
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
        _process.OutputDataReceived += (_, line) => Keep(_output, EmissionChannel.Output, _test, line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(_errors, EmissionChannel.Errors, _test, line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        AppDomain.CurrentDomain.ProcessExit += KillAtExit;
    }

    private string? FindSecret() => Errors.Select(static line => Secret().Match(line)).FirstOrDefault(static match => match.Success)?.Value;

    /// <summary>How to run the program with <paramref name="arguments"/>, without the settings of whoever runs the tests.</summary>
    internal static ProcessStartInfo StartInfo(IEnumerable<string> arguments) => Clean(ServerProgram.StartInfo(arguments));

    /// <summary>Takes from <paramref name="start"/> what the developer's environment would change.</summary>
    internal static ProcessStartInfo Clean(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        foreach (var name in start.Environment.Keys.Where(static name => Inherited.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))).ToList())
        {
            start.Environment.Remove(name);
        }

        // A process that is killed would leave its sockets for debuggers behind.
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
            // All tests come from one address, and many fail on purpose. Those of the limits set them.
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

    private static void Keep(ConcurrentQueue<string> lines, EmissionChannel channel, string test, string? line)
    {
        if (line is not null)
        {
            LeakWatch.Line(channel, test, line);
            lines.Enqueue(line);
        }
    }

    private Uri? FindAddress() => _port > 0
        ? new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_port}"))
        : _output.Select(static line => Listening().Match(line)).FirstOrDefault(static match => match.Success) is { } match ? new Uri(Reachable(match.Groups[1].Value)) : null;

    // The program of an image listens on every address, which is none to connect to.
    private static string Reachable(string address) => address.Replace("//0.0.0.0:", "//127.0.0.1:", StringComparison.Ordinal);

    private Task WaitAsync(Func<Task<bool>> condition, string what) => Until.HoldsAsync(
        async () =>
        {
            var holds = await condition();
            Assert.True(holds || !_process.HasExited, $"The server ended before {what}.\n{Transcript()}");
            return holds;
        },
        what);

    private string Mask(string text) => _secrets.Where(static secret => secret.Length > 0)
        .Aggregate(Secret().Replace(text, "axv_sk_…"), static (masked, secret) => masked.Replace(secret, "…", StringComparison.Ordinal));

    private void KillAtExit(object? sender, EventArgs arguments) => Signal.Send(_process.Id, Signal.Kill);

    [GeneratedRegex("Now listening on: \\\\?\"?(https?://[^\"\\\\]+)")]
    private static partial Regex Listening();

    [GeneratedRegex("axv_sk_[0-9A-Za-z]+")]
    private static partial Regex Secret();
}
