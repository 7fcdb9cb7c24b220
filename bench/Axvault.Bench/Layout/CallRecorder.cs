using System.Diagnostics;
using System.Runtime.InteropServices;
using Axvault.Bench.Subjects;

namespace Axvault.Bench.Layout;

/// <summary>Tells which functions of a native program are called, by running it under a tracer. Needs <c>cc</c> and <c>nm</c>, which linking it needs as well.</summary>
internal sealed class CallRecorder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("axvault-bench-layout-");
    private readonly string _program;

    private CallRecorder(string program) => _program = program;

    /// <summary>The command that runs the program under the tracer; its arguments follow.</summary>
    public string[] Command => [File("called-functions"), File("symbols"), File("called"), _program];

    /// <summary>Prepares it for <paramref name="program"/>, which has its symbols still.</summary>
    /// <exception cref="InvalidOperationException">A tool is missing or fails, or this is no Linux on x86-64.</exception>
    public static async Task<CallRecorder> CreateAsync(string program)
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            throw new InvalidOperationException("The tracer is for Linux on x86-64.");
        }

        var recorder = new CallRecorder(program);
        var source = Path.Combine(ServerBuilds.Root(), "bench", "Axvault.Bench", "Layout", "called-functions.c");
        await RunAsync("cc", "-O1", "-Wall", "-Werror", "-o", recorder.File("called-functions"), source);
        await System.IO.File.WriteAllLinesAsync(recorder.File("symbols"), ManagedFunctions(await RunAsync("nm", "--numeric-sort", program)));
        return recorder;
    }

    /// <summary>The functions that were called, in the order of their names: where two runs differ, few lines do.</summary>
    public string[] Called()
    {
        var names = System.IO.File.ReadAllLines(File("called"));
        Array.Sort(names, StringComparer.Ordinal);
        return names;
    }

    /// <inheritdoc />
    public void Dispose() => _folder.Delete(recursive: true);

    // "ADDRESS TYPE NAME"; the section of what the compiler of .NET made begins and ends with a symbol.
    private static IEnumerable<string> ManagedFunctions(string symbols) => symbols.Split('\n')
        .Select(static line => line.Split(' ', 3))
        .Where(static parts => parts is [_, "t" or "T", _])
        .SkipWhile(static parts => parts[2] != "__start___managedcode")
        .TakeWhile(static parts => parts[2] != "__stop___managedcode")
        .Where(static parts => parts[2] != "__start___managedcode")
        .Select(static parts => $"{parts[0]} {parts[2]}");

    private static async Task<string> RunAsync(string tool, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(tool, arguments) { RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{tool} fails.");
    }

    private string File(string name) => Path.Combine(_folder.FullName, name);
}
