namespace Axvault.Exercise.Fleet;

/// <summary>The checkout that this program was built from, and the programs built with it.</summary>
internal static class Checkout
{
    /// <summary>The folder of Axvault.sln.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The path of the server.</summary>
    public static string Server => Built("Axvault.Api", "axvault.dll");

    /// <summary>The path of the OAuth provider.</summary>
    public static string Provider => Built("Axvault.Tests.Provider", "Axvault.Tests.Provider.dll");

    // artifacts/bin/Axvault.Exercise/release -> artifacts/bin/Axvault.Api/release.
    private static string Built(string project, string file)
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory);
        return Path.Combine(own.Parent!.Parent!.FullName, project, own.Name, file);
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Axvault.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("This does not run inside its source tree.");
        }

        return folder.FullName;
    }
}
