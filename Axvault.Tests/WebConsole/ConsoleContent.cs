using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using Axvault.Tests.Harness.Issuer;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.WebConsole;

/// <summary>Things in a vault for every page of the console to show.</summary>
internal sealed class ConsoleContent
{
    private static readonly JsonSerializerOptions WithoutNulls = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    private readonly Dictionary<string, string> _values;

    private ConsoleContent(string name, Dictionary<string, string> values, IReadOnlyList<string> secrets) => (Name, _values, Secrets) = (name, values, secrets);

    /// <summary>The name of the credential. The others begin with it.</summary>
    public string Name { get; }

    /// <summary>The secrets in the data of the credentials, and of the key.</summary>
    public IReadOnlyList<string> Secrets { get; }

    /// <summary>The id of the key.</summary>
    public string KeyId => _values["id"];

    /// <summary>Returns the path of a page or an act that concerns these things.</summary>
    public string Path(string pattern) => ConsoleRoutes.Fill(pattern, _values);

    /// <summary>Puts credentials of every type with a title and notes, one of them deleted, with a key, an issuer and a rule.</summary>
    public static async Task<ConsoleContent> PutAsync(VaultClient admin, string name, string title = "A title", string notes = "Some notes")
    {
        List<string> secrets = [];
        await PutAsync(name, "oauth-credentials", "claude", Login());
        await PutAsync(name, "oauth-credentials", "claude", Login());
        await PutAsync($"{name}.token", "oauth-token", "claude", new { accessToken = New() });
        await PutAsync($"{name}.key", "api-key", null, new { apiKey = New(), secret = New() });
        await PutAsync($"{name}.deleted", "api-key", null, new { apiKey = New() });
        (await admin.GetAsync($"credentials/{name}")).Is(HttpStatusCode.OK);
        (await admin.DeleteAsync($"credentials/{name}.deleted")).Is(HttpStatusCode.NoContent);
        var versions = (await admin.GetAsync($"credentials/{name}/versions")).Is(HttpStatusCode.OK).Json.GetProperty("versions");
        var key = await admin.CreateKeyAsync(read: [$"{name}*"], write: [name], name: WithoutHidden(title));
        await PutRuleAsync(admin, name, WithoutHidden(title));
        return new ConsoleContent(
            name,
            new Dictionary<string, string>
            {
                ["name"] = name,
                ["version"] = versions[0].GetProperty("version").GetString()!,
                ["id"] = key.Id,
                ["issuer"] = name,
                ["rule"] = name,
            },
            [.. secrets, key.Secret]
        );

        async Task PutAsync(string credential, string type, string? agent, object data) =>
            (
                await admin.PutAsync(
                    $"credentials/{credential}",
                    JsonSerializer.Serialize(
                        new
                        {
                            type,
                            agent,
                            displayName = title,
                            notes,
                            data,
                        },
                        WithoutNulls
                    )
                )
            ).Is(HttpStatusCode.Created);

        object Login() => new { claudeAiOauth = new { accessToken = New(), refreshToken = New(), expiresAt = 4102444800000 } };

        string New()
        {
            secrets.Add($"canary-{Guid.NewGuid():N}");
            return secrets[^1];
        }
    }

    /// <summary>Returns a text without the characters that the name of a key may not have.</summary>
    public static string WithoutHidden(string text) => string.Concat(text.Where(static letter => !char.IsControl(letter) && !IsHidden(letter)));

    private static async Task PutRuleAsync(VaultClient admin, string name, string subject)
    {
        using var signing = SigningKey.Ec();
        (await admin.PutAsync($"issuers/{name}", new { issuer = $"https://{Guid.NewGuid():N}.example", jwks = signing.ToJwks() })).Is(HttpStatusCode.Created);
        (
            await admin.PutAsync(
                $"rules/{name}",
                new
                {
                    issuer = name,
                    audience = "axvault",
                    subject,
                    readAccess = new[] { name },
                }
            )
        ).Is(HttpStatusCode.Created);
    }

    private static bool IsHidden(char letter) =>
        char.GetUnicodeCategory(letter) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
