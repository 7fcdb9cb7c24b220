using System.Globalization;

namespace Axvault.Tests.Server;

/// <summary>A process and its children, stopped, continued and killed together: a machine that hangs, or fails.</summary>
internal static class ProcessTree
{
    /// <summary>Stops every process, so that nothing answers while the connections stay.</summary>
    public static void Freeze(int root) => Send(root, Signal.Stop);

    /// <summary>Lets every process go on.</summary>
    public static void Thaw(int root) => Send(root, Signal.Continue);

    /// <summary>Kills every process at once: none has the time to notice that another is gone.</summary>
    public static void Kill(int root)
    {
        Signal.Send(root, Signal.Stop);
        foreach (var id in (int[])[root, .. Children(root)])
        {
            Signal.Send(id, Signal.Kill);
        }
    }

    // The root first, so that it makes no more children.
    private static void Send(int root, int signal)
    {
        Signal.Send(root, signal);
        foreach (var child in Children(root))
        {
            Signal.Send(child, signal);
        }
    }

    private static IEnumerable<int> Children(int parent) => Directory.EnumerateDirectories("/proc")
        .Select(static folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0)
        .Where(id => id > 0 && ParentOf(id) == parent);

    // "id (name) state parent …", where the name may hold anything.
    private static int ParentOf(int id)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{id}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            // It has ended meanwhile, and is nobody's child.
            return 0;
        }
    }
}
