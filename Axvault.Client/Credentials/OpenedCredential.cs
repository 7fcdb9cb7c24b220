using System.Text.Json;
using System.Text.Json.Serialization;
using Axvault.Client.Agents;

namespace Axvault.Client;

/// <summary>A credential with its data. The data is secret: it is returned by methods only, and never printed.</summary>
/// <example><code>var token = (await vault.Credentials.ReadAsync("claude.prod")).RevealAccessToken();</code></example>
public sealed class OpenedCredential : Credential
{
    /// <summary><see langword="true"/> when the read has refreshed the credential; otherwise <see langword="false"/>.</summary>
    [JsonIgnore]
    public bool Refreshed { get; internal set; }

    /// <summary><see langword="true"/> when a refresh was due and failed, and the data is the stored one; otherwise <see langword="false"/>.</summary>
    [JsonIgnore]
    public bool RefreshFailed { get; internal set; }

    /// <summary>The entity tag, for conditions; <see langword="null"/> when the answer has none.</summary>
    [JsonIgnore]
    public string? ETag { get; internal set; }

    [JsonInclude]
    internal JsonElement Data { get; init; }

    /// <summary>Returns the data: a JSON object, exactly as stored or with fresh tokens.</summary>
    /// <returns>The data. It is a secret.</returns>
    /// <example><code>var account = credential.RevealData().GetProperty("tokens").GetProperty("account_id").GetString();</code></example>
    public JsonElement RevealData() => Data;

    /// <summary>Returns the access token, or the API key, wherever the agent's form keeps it.</summary>
    /// <returns>The token. It is a secret.</returns>
    /// <exception cref="AxvaultException">The data has none: <see cref="AxvaultError.Unexpected"/>.</exception>
    /// <example><code>request.Headers.Authorization = new("Bearer", credential.RevealAccessToken());</code></example>
    public string RevealAccessToken() =>
        AgentShape.FindAccessToken(this) ?? throw new AxvaultException(AxvaultError.Unexpected, $"The data of {Name} has no access token or API key.");

    /// <summary>Returns the expiry of the access token: as the metadata or else the data say; <see langword="null"/> when neither does.</summary>
    /// <returns>The time, or <see langword="null"/>.</returns>
    /// <example><code>if (credential.FindExpiry() &lt; DateTimeOffset.UtcNow) { … }</code></example>
    public DateTimeOffset? FindExpiry() => ExpiresAt ?? AgentShape.FindExpiry(AgentShape.FindLogin(Data, Provider));

    /// <inheritdoc />
    public override string ToString() => $"{Name} (data hidden)";
}
