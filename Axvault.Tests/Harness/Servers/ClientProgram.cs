using System.Diagnostics;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Leaks;

namespace Axvault.Tests.Harness.Servers;

/// <summary>The program as a client of a server, for a user with a home of its own. Its standard output may be a secret, so no search reads it.</summary>
internal sealed class ClientProgram : IDisposable
{
    private readonly TestFolder _home = new();
    private readonly Uri? _url;
    private readonly string? _secret;

    /// <summary>Creates a user that is not logged in.</summary>
    public ClientProgram() { }

    /// <summary>Creates a user whose variables name <paramref name="server"/> and the key of <paramref name="secret"/>.</summary>
    public ClientProgram(VaultServer server, string? secret) => (_url, _secret) = (server.Address, secret);

    /// <summary>The home of the user.</summary>
    public string Home => _home.Path;

    /// <summary>Further variables.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    /// <summary>Asserts that only the owner can read a file.</summary>
    public static void AssertPrivate(string path)
    {
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }
    }

    /// <summary>Runs a command whose output is a pipe.</summary>
    public Task<ProgramRun> RunAsync(params string[] arguments) => RunAsync("", arguments);

    /// <summary>Runs a command with <paramref name="input"/> as standard input.</summary>
    public async Task<ProgramRun> RunAsync(string input, string[] arguments)
    {
        using var process = Start(VaultServer.StartInfo(arguments));
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        return await ToEndAsync(process);
    }

    /// <summary>Runs a command on a terminal, and types <paramref name="typed"/>.</summary>
    public async Task<ProgramRun> RunOnTerminalAsync(string typed, params string[] arguments)
    {
        var program = VaultServer.StartInfo(arguments);
        var words = program.ArgumentList.Prepend(program.FileName);
        var line = string.Join(' ', words.Select(static word => $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'"));
        // script(1) runs the command on a pseudo-terminal, and hands on what both sides write. 200 columns, so that no table is wrapped.
        using var process = Start(VaultServer.Clean(new ProcessStartInfo("script", ["-qefc", $"stty cols 200; exec {line}", "/dev/null"])));
        await process.StandardInput.WriteAsync(typed);
        await process.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
        var run = await ToEndAsync(process);
        return run with { Output = run.Output.Replace("\r", "", StringComparison.Ordinal) };
    }

    /// <summary>Runs another program of the user, with the same variables.</summary>
    public async Task<ProgramRun> RunOtherAsync(string program, params string[] arguments)
    {
        using var process = Start(VaultServer.Clean(new ProcessStartInfo(program, arguments)));
        process.StandardInput.Close();
        return await ToEndAsync(process);
    }

    /// <summary>Starts a command.</summary>
    public Process Start(params string[] arguments) => Start(VaultServer.StartInfo(arguments));

    /// <summary>Writes a file below the home.</summary>
    public string Write(string path, string content)
    {
        var full = Path.Combine(Home, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, content);
        return full;
    }

    /// <inheritdoc />
    public void Dispose() => _home.Dispose();

    private Process Start(ProcessStartInfo start)
    {
        start.RedirectStandardInput = true;
        start.WorkingDirectory = Home;
        start.Environment["HOME"] = Home;
        start.Environment["TERM"] = "xterm";
        foreach (var name in new[] { "XDG_CONFIG_HOME", "XDG_DATA_HOME", "CLAUDE_CONFIG_DIR", "CODEX_HOME", "GEMINI_CLI_HOME", "NO_COLOR" })
        {
            start.Environment.Remove(name);
        }

        if (_url is not null)
        {
            start.Environment["AXVAULT_URL"] = _url.ToString();
            start.Environment["AXVAULT_API_KEY"] = _secret;
        }

        foreach (var (name, value) in Variables)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    private static async Task<ProgramRun> ToEndAsync(Process process)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Until.Limit);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            foreach (var line in (await errors).Split('\n'))
            {
                LeakWatch.Line(EmissionChannel.Errors, LeakWatch.CurrentTest, line);
            }

            return new ProgramRun(process.ExitCode, await output, await errors);
        }
        finally
        {
            process.Kill();
        }
    }
}
