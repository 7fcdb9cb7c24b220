using System.Text.Json;
using System.Text.Json.Serialization;
using Axvault.Client;
using Axvault.Client.Agents;

namespace Axvault.Api.CommandLine.Client;

/// <summary>The login of this user, kept in a file of mode 600 in the usual folder for settings.</summary>
internal static class KeptLogin
{
    /// <summary>The path of the file.</summary>
    public static string Path { get; } = System.IO.Path.Combine(Folder(), "axvault", "login.json");

    /// <summary>Returns the kept login; <see langword="null"/> when there is none.</summary>
    /// <exception cref="AxvaultException">The file cannot be read.</exception>
    public static Login? Find()
    {
        if (!File.Exists(Path))
        {
            return null;
        }

        try
        {
            var kept = JsonSerializer.Deserialize(File.ReadAllText(Path), LoginJsonContext.Default.Login);
            return kept is { Url: not null, ApiKey: not null } ? kept : throw new JsonException();
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            // The cause of a JSON fault is left out, because it may repeat a part of the key.
            throw new AxvaultException(AxvaultError.NotConfigured, $"The login in {Path} cannot be read. Log in again: axvault login URL.");
        }
    }

    /// <summary>Keeps a login.</summary>
    public static void Keep(Login login)
    {
        PrivateFile.CreateFolder(System.IO.Path.GetDirectoryName(Path)!);
        PrivateFile.Replace(Path, JsonSerializer.Serialize(login, LoginJsonContext.Default.Login));
    }

    /// <summary>Removes the login. Returns <see langword="true"/> when there was one; otherwise <see langword="false"/>.</summary>
    public static bool Remove()
    {
        var isThere = File.Exists(Path);
        File.Delete(Path);
        return isThere;
    }

    // XDG_CONFIG_HOME or ~/.config on Linux, ~/Library/Application Support on macOS, %APPDATA% on Windows.
    private static string Folder() => Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData, Environment.SpecialFolderOption.DoNotVerify);
}

// A class, because the ToString of a record would print the key.
/// <summary>The content of the file.</summary>
internal sealed class Login
{
    /// <summary>The address of the server.</summary>
    public Uri? Url { get; init; }

    /// <summary>The secret of the key.</summary>
    public string? ApiKey { get; init; }

    /// <summary><see langword="true"/> when the key was made for this login, and ends with it; otherwise <see langword="false"/>.</summary>
    public bool IsIssued { get; init; }

    /// <summary>Returns the options of a client.</summary>
    public AxvaultClientOptions ToOptions() => new() { Url = Url, ApiKey = ApiKey };
}

/// <summary>The JSON form of the file.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Login))]
internal sealed partial class LoginJsonContext : JsonSerializerContext;
