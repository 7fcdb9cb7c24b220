using System.Text.Json;
using System.Text.Json.Nodes;

namespace Axvault.Client.Agents;

/// <summary>The file of an agent on this machine.</summary>
internal sealed class AgentFile
{
    private const int MaxBytes = 1024 * 1024;
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private AgentFile(Agent agent, string path) => (Agent, Path) = (agent, path);

    /// <summary>The agent.</summary>
    public Agent Agent { get; }

    /// <summary>The path.</summary>
    public string Path { get; }

    /// <summary>Returns the file of <paramref name="agent"/>. It may be absent.</summary>
    /// <param name="agent">The agent.</param>
    /// <param name="read">Returns the value of an environment variable.</param>
    public static AgentFile Of(Agent agent, Func<string, string?> read)
    {
        var path = agent.PathOf(read);
        // A link, as dotfile managers make them, stays one: its target is the file.
        return new AgentFile(agent, File.Exists(path) && File.ResolveLinkTarget(path, returnFinalTarget: true) is { } target ? target.FullName : path);
    }

    /// <summary>Reads the file.</summary>
    /// <exception cref="AxvaultException">There is no file, or it is not a JSON object.</exception>
    public JsonElement Read()
    {
        if (!File.Exists(Path))
        {
            throw new AxvaultException(
                AxvaultError.NotFound,
                $"{Agent.Title} has no login in {Path}. Log in first: {Agent.LoginCommand}."
                    + (OperatingSystem.IsMacOS() && Agent == Agent.Claude ? " On macOS it keeps its login in the keychain; use claude setup-token." : "")
            );
        }

        if (new FileInfo(Path).Length > MaxBytes)
        {
            throw new AxvaultException(AxvaultError.NotFound, $"{Path} has more than 1 MiB, so it is not the file of {Agent.Title}.");
        }

        try
        {
            using var document = JsonDocument.Parse(File.ReadAllText(Path));
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document.RootElement.Clone()
                : throw new AxvaultException(AxvaultError.NotFound, $"{Path} is not a JSON object.");
        }
        catch (JsonException)
        {
            // The cause is left out, because it may repeat a part of a secret.
            throw new AxvaultException(AxvaultError.NotFound, $"{Path} is not JSON.");
        }
    }

    /// <summary>
    /// Replaces the login in the file by <paramref name="login"/>. Other members of the file stay. The file has mode 600, and a reader sees the old one or the
    /// new one.
    /// </summary>
    /// <exception cref="AxvaultException">The present file is not a JSON object.</exception>
    public void Write(JsonObject login)
    {
        var content = Agent.LoginMembers is { } members && File.Exists(Path) ? JsonObject.Create(Read())! : [];
        foreach (var name in (Agent.LoginMembers ?? []).Concat(login.Select(static member => member.Key)).ToList())
        {
            content.Remove(name);
        }

        foreach (var (name, value) in login)
        {
            content[name] = value?.DeepClone();
        }

        var folder = System.IO.Path.GetDirectoryName(Path)!;
        PrivateFile.CreateFolder(folder);
        PrivateFile.Replace(Path, content.ToJsonString(Indented));
    }
}
