using System.Diagnostics;
using System.Text.Json.Nodes;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Deployment;

/// <summary>A run of a step: its exit code, and the lines of its output.</summary>
internal sealed record StepRun(int ExitCode, IReadOnlyList<string> Lines, string Errors);

/// <summary>
/// A machine that runs the steps of a job: with a home, a temporary folder and the files of a GitHub runner. Each program that a step
/// starts leaves its command line.
/// </summary>
internal sealed class CiRunner : IDisposable
{
    private const string ActionFolder = "deploy/github-actions";

    private static readonly string[] Tools =
    [
        "sh",
        "bash",
        "curl",
        "jq",
        "sed",
        "tr",
        "grep",
        "cat",
        "tail",
        "mktemp",
        "mkdir",
        "mv",
        "rm",
        "cut",
        "date",
        "basenc",
        "openssl",
    ];

    private static readonly JsonNode Action = DeploymentFile.ReadOne($"{ActionFolder}/action.yml");

    private readonly TestFolder _folder = new();
    private readonly List<StepRun> _runs = [];
    private Process? _process;

    public CiRunner()
    {
        Directory.CreateDirectory(Home);
        Directory.CreateDirectory(Temporary);
        Directory.CreateDirectory(Programs);
        File.WriteAllText(VariablesFile, "");
        File.WriteAllText(StateFile, "");
        File.WriteAllText(CommandsFile, "");
        foreach (var program in Tools)
        {
            AddProgram(program, $"exec {Find(program)} \"$@\"");
        }

        // The pauses between attempts are not waited for.
        AddProgram("sleep", "exit 0");
    }

    /// <summary>The home of the job.</summary>
    public string Home => Path.Combine(_folder.Path, "home");

    /// <summary>The temporary folder of the job.</summary>
    public string Temporary => Path.Combine(_folder.Path, "temp");

    /// <summary>The checked out project.</summary>
    public string Project => _folder.Path;

    /// <summary>The variables of the job, as the steps wrote them.</summary>
    public string Variables => File.ReadAllText(VariablesFile);

    /// <summary>The lines of the command lines of all programs that ran.</summary>
    public string Commands => File.ReadAllText(CommandsFile);

    /// <summary>The members of the job's state that are set, for the step after the job.</summary>
    public IReadOnlyDictionary<string, string> State =>
        File.ReadAllLines(StateFile)
            .Select(static line => line.Split('=', 2))
            .GroupBy(static pair => pair[0], static pair => pair[1])
            .Select(static group => (Name: group.Key, Value: group.Last()))
            .Where(static member => member.Value.Length > 0)
            .ToDictionary(static member => member.Name, static member => member.Value);

    /// <summary>All that the job printed, wrote or passed to a program, except for the state, which only the runner reads.</summary>
    public string Everything =>
        string.Join(
            '\n',
            [
                Commands,
                .. _runs.SelectMany(static run => run.Lines.Append(run.Errors)),
                .. Directory
                    .EnumerateFiles(_folder.Path, "*", SearchOption.AllDirectories)
                    .Where(file => file != StateFile && !file.StartsWith(Programs, StringComparison.Ordinal))
                    .Select(File.ReadAllText),
            ]
        );

    private string Programs => Path.Combine(_folder.Path, "programs");

    private string VariablesFile => Path.Combine(_folder.Path, "github-env");

    private string StateFile => Path.Combine(_folder.Path, "github-state");

    private string CommandsFile => Path.Combine(_folder.Path, "commands");

    /// <summary>Runs the action with inputs, as a step of a workflow does.</summary>
    public Task<StepRun> RunActionAsync(IReadOnlyDictionary<string, string> inputs, params (string Name, string Value)[] variables)
    {
        var declared = Action["inputs"]!.AsObject();
        Assert.All(inputs.Keys, name => Assert.Contains(name, declared));
        return RunAsync(
            [Find("node"), Entry("main")],
            [.. Runner(), .. declared.Select(input => ($"INPUT_{input.Key.ToUpperInvariant()}", inputs.GetValueOrDefault(input.Key, ""))), .. variables]
        );
    }

    /// <summary>Runs what the runner runs after the job, with the variables that the job has set.</summary>
    public Task<StepRun> RunPostAsync() =>
        RunAsync(
            [Find("node"), Entry("post")],
            [
                .. Runner(),
                .. Variables.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => (line.Split('=', 2)[0], line.Split('=', 2)[1])),
                .. State.Select(static member => ($"STATE_{member.Key}", member.Value)),
            ]
        );

    /// <summary>Runs a program outside GitHub, in the project.</summary>
    public Task<StepRun> RunAsync(IReadOnlyList<string> command, params (string Name, string Value)[] variables) => StartAsync(command, variables);

    /// <summary>Adds a program to the search path. It leaves its command line first.</summary>
    public void AddProgram(string name, string script)
    {
        var file = Path.Combine(Programs, name);
        File.WriteAllText(file, $"#!/bin/sh\nprintf '%s\\n' \"{name} $*\" >> '{CommandsFile}'\n{script}\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    /// <summary>Kills the step that runs, with all of its programs, as a runner does after a cancellation.</summary>
    public void Kill() => _process!.Kill(entireProcessTree: true);

    public void Dispose() => _folder.Dispose();

    private static string Entry(string stage) => DeploymentFile.PathOf($"{ActionFolder}/{(string?)Action["runs"]![stage]}");

    private static string Find(string program) =>
        Environment
            .GetEnvironmentVariable("PATH")!
            .Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, program))
            .First(static file => File.Exists(file));

    private (string, string)[] Runner() =>
        [("GITHUB_ACTIONS", "true"), ("RUNNER_TEMP", Temporary), ("GITHUB_ENV", VariablesFile), ("GITHUB_STATE", StateFile)];

    // A real runner masks the secrets in this output. So the output is not part of the search for leaks.
    private async Task<StepRun> StartAsync(IReadOnlyList<string> command, (string Name, string Value)[] variables)
    {
        var start = new ProcessStartInfo(Path.Combine(Programs, command[0]), command.Skip(1))
        {
            WorkingDirectory = Project,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        foreach (var (name, value) in ((string, string)[])[("PATH", Programs), ("HOME", Home), ("TMPDIR", Temporary), .. variables])
        {
            start.Environment[name] = value;
        }

        using var process = _process = Process.Start(start)!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Until.Limit);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            var run = new StepRun(process.ExitCode, (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries), await errors);
            _runs.Add(run);
            return run;
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }
}
