using System.Globalization;

namespace Axvault.Tests.Harness.Servers;

/// <summary>A process and its children, stopped, continued and killed together, like a machine that hangs or fails.</summary>
internal static class ProcessTree
{
    /// <summary>Stops every process. Nothing answers, but the connections stay open.</summary>
    public static void Freeze(int root) => Send(root, Signal.Stop);

    /// <summary>Continues every process.</summary>
    public static void Thaw(int root) => Send(root, Signal.Continue);

    /// <summary>Kills every process at once, so that none can notice that another is gone.</summary>
    public static void Kill(int root)
    {
        Signal.Send(root, Signal.Stop);
        foreach (var id in (int[])[root, .. Children(root)])
        {
            Signal.Send(id, Signal.Kill);
        }
    }

    // The root is stopped first, so that it creates no more children.
    private static void Send(int root, int signal)
    {
        Signal.Send(root, signal);
        foreach (var child in Children(root))
        {
            Signal.Send(child, signal);
        }
    }

    private static IEnumerable<int> Children(int parent) =>
        Directory
            .EnumerateDirectories("/proc")
            .Select(static folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0)
            .Where(id => id > 0 && ParentOf(id) == parent);

    // The format is "id (name) state parent …", and the name may contain any character.
    private static int ParentOf(int id)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{id}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            // The process has ended meanwhile.
            return 0;
        }
    }
}
