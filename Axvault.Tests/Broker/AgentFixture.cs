using System.Net;
using Axvault.Api.CommandLine.Client;
using Axvault.Tests.Harness.Agents;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Broker;

/// <summary>A server whose upstreams are a double of the providers, for the agents' own programs.</summary>
public sealed class AgentFixture(VaultGraph graph) : IAsyncLifetime
{
    /// <summary>The answer to every prompt.</summary>
    public const string Answer = "A scripted answer.";

    private TestDatabase? _database;
    private VaultServer? _server;
    private VaultClient? _admin;
    private ProviderDouble? _provider;

    /// <summary>A client with the first key.</summary>
    public VaultClient Admin => _admin!;

    /// <summary>The server.</summary>
    public VaultServer Server => _server!;

    /// <summary>The providers.</summary>
    internal ProviderDouble Provider => _provider!;

    /// <summary>Puts a key of a provider under a name of its own.</summary>
    public async Task<(string Name, string Token)> PutAsync(string provider)
    {
        var (name, token) = ($"b{Guid.NewGuid():N}", $"provider-key-{Guid.NewGuid():N}");
        var body = $$"""{"type":"api-key","provider":"{{provider}}","data":{"apiKey":"{{token}}"} }""";
        (await Admin.PutAsync($"credentials/{name}", body)).Is(HttpStatusCode.Created);
        return (name, token);
    }

    /// <summary>Makes a key that may use <paramref name="name"/>.</summary>
    public async Task<CreatedKey> KeyAsync(string name, string more = "")
    {
        var created = (await Admin.PostAsync("keys", $$"""{"name":"an agent","useAccess":["{{name}}"]{{more}}}""")).Is(HttpStatusCode.Created).Json;
        return new CreatedKey(created.GetProperty("id").GetString()!, created.GetProperty("secret").GetString()!);
    }

    /// <summary>Gives one prompt to an agent that calls through the broker.</summary>
    internal async Task<ProgramRun> PromptAsync(string agent, string name, string secret, params string[] more)
    {
        var use = BrokerUse.Of(agent, Server.Address, name, secret);
        using var user = new ClientProgram { Variables = VariablesOf(agent, use) };
        if (agent == "gemini")
        {
            // With a base URL, Gemini CLI does not conclude from the key that it is to use it.
            user.Write(".gemini/settings.json", """{"security":{"auth":{"selectedType":"gemini-api-key"}}}""");
        }

        string[] arguments = agent switch
        {
            "codex" => [.. use.Arguments, .. more, "-c", "model=\"gpt-5.4\"", "exec", "--disable", "plugins", "--skip-git-repo-check", "Say hello."],
            "opencode" => ["run", "--model", "openai/gpt-5.4", "Say hello."],
            "gemini" => ["-m", "gemini-2.5-flash", "-p", "Say hello."],
            "qwen" => ["--auth-type", "openai", "-p", "Say hello."],
            _ => ["-p", "Say hello."],
        };
        return await user.RunOtherAsync(await AgentPrograms.FindAsync(agent), arguments);
    }

    public async ValueTask InitializeAsync()
    {
        _provider = await ProviderDouble.StartAsync(ProviderScript.Say(Answer));
        _database = await graph.CreateDatabaseAsync();
        _server = await VaultServer.StartAsync(
            new ServerSettings(_database.ConnectionString) { Variables = BrokerFixture.Variables(_provider.Address.AbsoluteUri.TrimEnd('/')) }
        );
        _admin = _server.Client(_server.BootstrapSecret);
    }

    public async ValueTask DisposeAsync()
    {
        _admin?.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        if (_database is not null)
        {
            await _database.DisposeAsync();
        }

        if (_provider is not null)
        {
            await _provider.DisposeAsync();
        }
    }

    private Dictionary<string, string> VariablesOf(string agent, BrokerUse use)
    {
        var variables = new Dictionary<string, string>(use.Variables)
        {
            ["GEMINI_CLI_TRUST_WORKSPACE"] = "true",
            ["OPENAI_MODEL"] = "a-model",
            ["COPILOT_MODEL"] = "a-model",
            ["OPENCODE_DISABLE_AUTOUPDATE"] = "1",
            ["OPENCODE_DISABLE_MODELS_FETCH"] = "1",
        };
        // Every other host is the double, which keeps what it receives. Qwen Code would send requests to loopback through a proxy, too.
        foreach (var (name, value) in Provider.Variables.Where(_ => agent != "qwen"))
        {
            variables[name] = value;
        }

        return variables;
    }
}
