using System.Text.Json.Serialization;
using Axvault.Client.Transport;

namespace Axvault.Client.Identity;

/// <summary>The exchange of a workload's token for an API key (RFC 8693). It is sent once: the vault takes a token once.</summary>
internal sealed class TokenExchange(ApiTransport transport)
{
    /// <summary>Exchanges <paramref name="token"/> for a key of <paramref name="rule"/>.</summary>
    /// <exception cref="AxvaultException">The exchange failed.</exception>
    public async Task<(string Secret, TimeSpan Lifetime)> ExchangeAsync(string rule, string token, CancellationToken cancellationToken)
    {
        var form = new FormUrlEncodedContent(
            [
                new("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
                new("client_id", rule),
                new("subject_token_type", "urn:ietf:params:oauth:token-type:jwt"),
                new("subject_token", token),
            ]
        );
        try
        {
            var answer = await transport.SendAsync(
                ApiTransport.Request(HttpMethod.Post, "token", form),
                IdentityJsonContext.Default.IssuedToken,
                cancellationToken
            );
            return (answer.AccessToken, TimeSpan.FromSeconds(answer.ExpiresIn));
        }
        catch (AxvaultException exception) when (exception.Error == AxvaultError.InvalidRequest)
        {
            throw new AxvaultException(
                AxvaultError.Unauthorized,
                $"The rule {rule} does not take the token of this workload ({exception.Message.TrimEnd('.')}). The audit log of the vault has the reason.",
                exception
            )
            {
                Status = exception.Status,
            };
        }
    }
}

/// <summary>The JSON of the exchange, and of GitHub.</summary>
[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(IssuedToken))]
[JsonSerializable(typeof(GitHubToken))]
internal sealed partial class IdentityJsonContext : JsonSerializerContext;

/// <summary>The answer of an exchange.</summary>
internal sealed class IssuedToken
{
    /// <summary>The secret of the key.</summary>
    [JsonPropertyName("access_token")]
    public required string AccessToken { get; init; }

    /// <summary>The lifetime of the key, in seconds.</summary>
    [JsonPropertyName("expires_in")]
    public required long ExpiresIn { get; init; }
}
