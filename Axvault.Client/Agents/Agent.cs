namespace Axvault.Client.Agents;

/// <summary>An agent, and the file in which it keeps its login.</summary>
/// <param name="Name">The name, as in the metadata of credentials.</param>
/// <param name="Title">The name for people.</param>
/// <param name="Issuer">The provider of its logins; <see langword="null"/> when each login names its own.</param>
/// <param name="LoginCommand">The command that logs in.</param>
internal sealed record Agent(string Name, string Title, string? Issuer, string LoginCommand)
{
    public static readonly Agent Claude = new("claude", "Claude Code", "anthropic", "claude")
    {
        Folder = static read => read("CLAUDE_CONFIG_DIR") ?? Home(read, ".claude"),
        FileName = ".credentials.json",
        LoginMembers = ["claudeAiOauth"],
    };

    public static readonly Agent Codex = new("codex", "Codex", "openai", "codex login")
    {
        Folder = static read => read("CODEX_HOME") ?? Home(read, ".codex"),
        FileName = "auth.json",
        LoginMembers = ["auth_mode", "OPENAI_API_KEY", "tokens", "last_refresh", "personal_access_token", "agent_identity"],
    };

    public static readonly Agent Gemini = new("gemini", "Gemini CLI", "gemini", "gemini")
    {
        Folder = static read => read("GEMINI_CLI_HOME") is { } home ? Path.Combine(home, ".gemini") : Home(read, ".gemini"),
        FileName = "oauth_creds.json",
    };

    public static readonly Agent OpenCode = new("opencode", "OpenCode", null, "opencode auth login")
    {
        Folder = static read => Path.Combine(read("XDG_DATA_HOME") ?? Home(read, ".local/share"), "opencode"),
        FileName = "auth.json",
        LoginMembers = [],
    };

    public static readonly Agent Qwen = new("qwen", "Qwen Code", "qwen", "qwen")
    {
        Folder = static read => Home(read, ".qwen"),
        FileName = "oauth_creds.json",
    };

    /// <summary>Every agent whose file is known.</summary>
    public static readonly IReadOnlyList<Agent> All = [Claude, Codex, Gemini, OpenCode, Qwen];

    /// <summary>Returns the folder of the file; gets the values of environment variables.</summary>
    public required Func<Func<string, string?>, string> Folder { get; init; }

    /// <summary>The name of the file.</summary>
    public required string FileName { get; init; }

    /// <summary>
    /// The members at the root of the file that belong to the login. Others stay when a login is written. <see langword="null"/>: the whole file is the login.
    /// </summary>
    public IReadOnlyList<string>? LoginMembers { get; init; }

    /// <summary>Returns the path of the file.</summary>
    public string PathOf(Func<string, string?> read) => Path.Combine(Folder(name => read(name) is { Length: > 0 } text ? text : null), FileName);

    private static string Home(Func<string, string?> read, string folder) =>
        Path.Combine(read("HOME") ?? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), folder);
}
