using System.Security.Cryptography;
using System.Text;

namespace Axvault.Hosting.Keys;

/// <summary>The folder in which an AppHost keeps the secrets of its API keys of one vault.</summary>
internal static class KeyFolder
{
    /// <summary>Returns the folder of this user for the vault <paramref name="name"/> of one AppHost. Two clones of an AppHost share no keys.</summary>
    public static string Of(string appHostFolder, string name)
    {
        var data = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create);
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(Path.GetFullPath(appHostFolder)));
        return Path.Combine(data, "axvault", "keys", Convert.ToHexStringLower(hash.AsSpan(0, 6)), name);
    }
}
