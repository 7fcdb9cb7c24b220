using System.Net;
using Axvault.Api.Stored;
using Axvault.Client;
using Axvault.Client.Agents;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Credentials;

/// <summary>The permitted use of a credential: the statements of the list say the same as <see cref="PermittedUse"/>.</summary>
public sealed class PermittedUseServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    // Every name of the facts in every spelling, other names, and names that are nearly the same.
    private static readonly string?[] Issuers =
    [
        null,
        .. PermittedUse.Facts.Select(static fact => fact.Issuer).OfType<string>().SelectMany(IssuerName.SpellingsOf).Distinct(),
        .. Agent.All.Select(static agent => agent.Name),
        "Anthropic",
        "GEMINI-CLI",
        "github-copilot",
        "GitHub Copilot",
        "github😀copilot",
        "ｏpenai",
        "OPENAİ",
        "anthropicé",
        "mistral",
        "'; --",
    ];

    private VaultClient Admin => vault.Admin;

    [Fact]
    public async Task Selection_and_order_agree_with_the_client_library()
    {
        var uses = new Dictionary<string, string>();
        foreach (var provider in Issuers)
        {
            foreach (var agent in provider is null or "openai" ? Issuers : [null, "claude"])
            {
                // OpenCode's credentials name their provider.
                if (agent == "opencode" && provider is null)
                {
                    continue;
                }

                foreach (var type in CredentialType.All)
                {
                    var name = $"use.{uses.Count}";
                    uses.Add(name, PermittedUse.Of(provider ?? agent, type.Value).Name);
                    (await Admin.PutAsync($"credentials/{name}", Body(provider, agent, type.Value))).Is(HttpStatusCode.Created);
                }
            }
        }

        using var connection = AxvaultClient.Connect(new AxvaultClientOptions { Url = vault.Server.Address, ApiKey = Admin.Secret! });
        var credentials = connection.Client.Credentials;
        Assert.Equal(PermittedUse.Names, uses.Values.Distinct().Order(StringComparer.Ordinal));
        foreach (var use in PermittedUse.Names)
        {
            var query = new CredentialQuery { Use = use, Text = "use." };
            var listed = await credentials
                .ListAsync(query, TestContext.Current.CancellationToken)
                .ToListAsync(TestContext.Current.CancellationToken);
            Assert.Equal(Named(use), listed.Select(static credential => credential.Name));
            Assert.All(listed, credential => Assert.Equal(use, PermittedUse.Of(credential).Name));
        }

        string[] sorted = [.. PermittedUse.Names.SelectMany(Named)];
        Assert.Equal(sorted, await WalkAsync("use"));
        Assert.Equal([.. PermittedUse.Names.Reverse().SelectMany(Named)], await WalkAsync("-use"));
        var answer = (await Admin.GetAsync("credentials?q=use.")).Is(HttpStatusCode.OK).Json.GetProperty("credentials").EnumerateArray();
        Assert.All(answer, one => Assert.Equal(uses[one.GetProperty("name").GetString()!], one.GetProperty("permittedUse").GetString()));

        IEnumerable<string> Named(string use) => uses.Where(one => one.Value == use).Select(static one => one.Key).Order(StringComparer.Ordinal);

        async Task<List<string>> WalkAsync(string sort)
        {
            List<string> names = [];
            for (string? cursor = null; ;)
            {
                var query = new CredentialQuery { Sort = sort, Text = "use." };
                var page = await credentials.ListPageAsync(query, 50, cursor, TestContext.Current.CancellationToken);
                names.AddRange(page.Credentials.Select(static credential => credential.Name));
                if ((cursor = page.NextCursor) is null)
                {
                    return names;
                }
            }
        }
    }

    private static Dictionary<string, object?> Body(string? provider, string? agent, string type) =>
        new Dictionary<string, object?>
        {
            ["type"] = type,
            ["provider"] = provider,
            ["agent"] = agent,
            ["data"] = new { accessToken = Guid.NewGuid() },
        }
            .Where(static member => member.Value is not null)
            .ToDictionary();
}
