using System.Text.Json;
using Axvault.Api.Authorization;
using Axvault.Api.WebConsole.Layout;
using Axvault.Client;
using Axvault.Client.Agents;

namespace Axvault.Api.WebConsole.Credentials;

/// <summary>A pasted login, as it was recognized. It shows no secret.</summary>
/// <param name="Kind">The kind, for people.</param>
/// <param name="Type">The type of the credential.</param>
/// <param name="Agent">The agent; <see langword="null"/> for none.</param>
/// <param name="Provider">The provider; <see langword="null"/> when it is not known.</param>
/// <param name="Account">The account, for people; <see langword="null"/> when the data do not tell.</param>
/// <param name="ExpiresAt">The expiry of the access token; <see langword="null"/> when the data do not tell.</param>
/// <param name="HasRefreshToken"><see langword="true"/> when the vault can renew it; otherwise <see langword="false"/>.</param>
/// <param name="Permission">The use that the provider permits.</param>
public sealed record RecognizedShape(
    string Kind,
    string Type,
    string? Agent,
    string? Provider,
    string? Account,
    DateTimeOffset? ExpiresAt,
    bool HasRefreshToken,
    PermittedUse Permission
)
{
    private const string Login = "login";

    /// <summary>Recognizes a login.</summary>
    /// <param name="text">The text that was pasted.</param>
    /// <param name="fields">The fields of the form.</param>
    /// <returns>The shape, and the content to store.</returns>
    /// <exception cref="AxvaultException">The text is no login, or its kind must be chosen.</exception>
    internal static (RecognizedShape Shape, CredentialContent Content) Of(string text, PutFields fields)
    {
        var provider = fields.Provider.Length == 0 ? null : fields.Provider;
        var kind = fields.Kind;
        if (!CredentialName.IsWellFormed(fields.Name))
        {
            throw Refused($"The name {CredentialName.Rule}.");
        }

        if (fields.ExpiresAt.Length > 0 && fields.Expiry is null)
        {
            throw Refused("The expiry is not a time.");
        }

        if (string.IsNullOrWhiteSpace(text))
        {
            throw Refused("There is no file, key or token. Paste one, or choose the file.");
        }

        if (ParseObject(text) is not { } file)
        {
            return kind is CredentialTypes.ApiKey or CredentialTypes.OAuthToken
                ? OfToken(kind, text, provider, fields)
                : throw Refused("The text is not a JSON object. For a bare key or token, choose \"API key\" or \"access token\" as the kind.");
        }

        if (kind is CredentialTypes.ApiKey or CredentialTypes.OAuthToken)
        {
            return Make(kind, file, null, provider, null, AgentShape.FindExpiry(AgentShape.FindLogin(file, provider)), false, fields);
        }

        if (kind != Login && FindLogin(kind, file, provider) is { } found)
        {
            return Make(found.Type, found.Data, found.Agent, found.Provider ?? provider, found, found.ExpiresAt, found.HasRefreshToken, fields);
        }

        var login = AgentShape.FindLogin(file, provider);
        return AgentShape.FindAccessToken(login) is null && AgentShape.FindRefreshToken(login) is null
            ? throw Refused("No access token and no refresh token was found in it.")
            : Make(
                CredentialTypes.OAuthCredentials,
                file,
                null,
                provider,
                null,
                AgentShape.FindExpiry(login),
                AgentShape.FindRefreshToken(login) is not null,
                fields
            );
    }

    private static (RecognizedShape, CredentialContent) OfToken(string kind, string text, string? provider, PutFields fields)
    {
        var name = kind == CredentialTypes.ApiKey ? "apiKey" : "accessToken";
        using var data = new MemoryStream();
        using (var json = new Utf8JsonWriter(data))
        {
            json.WriteStartObject();
            json.WriteString(name, text.Trim());
            json.WriteEndObject();
        }

        return Make(kind, ParseObject(System.Text.Encoding.UTF8.GetString(data.ToArray()))!.Value, null, provider, null, null, false, fields);
    }

    private static (RecognizedShape, CredentialContent) Make(
        string type,
        JsonElement data,
        Agent? agent,
        string? provider,
        AgentLogin? login,
        DateTimeOffset? expiresAt,
        bool renewable,
        PutFields fields
    ) =>
        (
            new RecognizedShape(
                login?.Kind ?? KindOf(type),
                type,
                agent?.Title,
                provider ?? agent?.Issuer,
                login?.Account,
                fields.Expiry ?? expiresAt,
                renewable,
                PermittedUse.Of(provider ?? agent?.Issuer, type)
            ),
            new CredentialContent(type, data)
            {
                Agent = agent?.Name,
                Provider = provider,
                ExpiresAt = fields.Expiry,
                DisplayName = fields.Title.Length == 0 ? null : fields.Title,
                Notes = fields.Notes.Length == 0 ? null : fields.Notes,
            }
        );

    private static string KindOf(string type) =>
        type switch
        {
            CredentialTypes.ApiKey => "API key",
            CredentialTypes.OAuthToken => "access token",
            _ => "OAuth login",
        };

    // Null when the members of the file tell no agent. The file of OpenCode may have several logins.
    private static AgentLogin? FindLogin(string kind, JsonElement file, string? provider)
    {
        if (kind.Length > 0)
        {
            return Client.Agents.Agent.All.FirstOrDefault(agent => agent.Name == kind) is { } agent ? AgentLogin.Of(agent, file, provider) : null;
        }

        var logins = AgentLogin.Recognize(file).Where(login => provider is null || login.Provider is null || login.Provider == provider).ToList();
        return logins.Count < 2
            ? logins.FirstOrDefault()
            : throw Refused(
                $"The file has logins of {Words.List([.. logins.Select(static login => login.Provider ?? login.Kind)])}. Name one of them as the provider."
            );
    }

    private static JsonElement? ParseObject(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
        catch (JsonException)
        {
            // The cause is left out, because it may repeat a part of a secret.
            return null;
        }
    }

    private static AxvaultException Refused(string message) =>
        new(AxvaultError.InvalidRequest, message) { Status = System.Net.HttpStatusCode.BadRequest };
}
