using Axvault.Client.Tokens;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Puts access tokens of the vault on the requests of an HTTP client.</summary>
/// <example><code>builder.Services.AddHttpClient("anthropic").AddAxvaultCredential("claude.prod");</code></example>
public static class AxvaultHttpClientBuilderExtensions
{
    /// <summary>
    /// Puts the access token of a credential on each request. The token is kept in memory, and read again before it expires and after a 401. A request that was
    /// answered with 401 is sent once more with the new token, when its body is absent or has at most 1 MiB. Needs <c>AddAxvaultClient</c>.
    /// </summary>
    /// <param name="builder">The builder of the HTTP client.</param>
    /// <param name="name">The name of the credential.</param>
    /// <param name="header">
    /// The header: <c>Authorization</c> with the scheme <c>Bearer</c>, or another one with the token alone, such as <c>x-api-key</c>.
    /// </param>
    /// <returns>The builder.</returns>
    /// <example>
    /// <code>
    /// builder.Services.AddAxvaultClient();
    /// builder.Services.AddHttpClient("anthropic").AddAxvaultCredential("anthropic.key", "x-api-key");
    /// </code>
    /// </example>
    public static IHttpClientBuilder AddAxvaultCredential(this IHttpClientBuilder builder, string name, string header = "Authorization") =>
        builder.AddHttpMessageHandler(provider => new CredentialHandler(provider.GetRequiredService<AccessTokens>(), name, header));
}
