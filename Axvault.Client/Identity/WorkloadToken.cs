using System.Net.Http.Headers;
using Axvault.Client.Transport;

namespace Axvault.Client.Identity;

/// <summary>The token with which a workload proves its identity: from a file, from a variable, or from GitHub Actions.</summary>
internal static class WorkloadToken
{
    /// <summary>Reads the token.</summary>
    /// <exception cref="AxvaultException">There is none.</exception>
    public static async Task<string> ReadAsync(AxvaultClientOptions options, CancellationToken cancellationToken)
    {
        var token = (await FindAsync(options, cancellationToken)).Trim();
        return token.Length > 0 && token.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-')
            ? token
            : throw AxvaultClientOptions.NotConfigured("The token of the workload is not a JWT.");
    }

    private static async Task<string> FindAsync(AxvaultClientOptions options, CancellationToken cancellationToken)
    {
        if ((options.TokenFile ?? Environment.GetEnvironmentVariable("AXVAULT_ID_TOKEN_FILE")) is { Length: > 0 } file)
        {
            try
            {
                return await File.ReadAllTextAsync(file, cancellationToken);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw new AxvaultException(AxvaultError.NotConfigured, $"The token file {file} cannot be read.", exception);
            }
        }

        return Environment.GetEnvironmentVariable("AXVAULT_ID_TOKEN") is { Length: > 0 } token ? token : await AskGitHubAsync(options, cancellationToken);
    }

    // https://docs.github.com/actions/reference/security/oidc
    private static async Task<string> AskGitHubAsync(AxvaultClientOptions options, CancellationToken cancellationToken)
    {
        var (url, secret) = (
            Environment.GetEnvironmentVariable("ACTIONS_ID_TOKEN_REQUEST_URL"),
            Environment.GetEnvironmentVariable("ACTIONS_ID_TOKEN_REQUEST_TOKEN")
        );
        if (url is not { Length: > 0 } || secret is not { Length: > 0 } || !Uri.TryCreate(url, UriKind.Absolute, out var address))
        {
            throw AxvaultClientOptions.NotConfigured(
                "The workload has no token. Name its file, or set AXVAULT_ID_TOKEN. A job of GitHub Actions needs \"permissions: id-token: write\"."
            );
        }

        var audience = Uri.EscapeDataString(options.Audience ?? options.RequireUrl().AbsoluteUri.TrimEnd('/'));
        var query = $"{address.Query.TrimStart('?')}&audience={audience}".TrimStart('&');
        using var http = new HttpClient(Connections.Retrying(Connections.Create(address))) { BaseAddress = new Uri(address.GetLeftPart(UriPartial.Authority)) };
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{address.AbsolutePath}?{query}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", secret);
        return (await new ApiTransport(http).SendAsync(request, IdentityJsonContext.Default.GitHubToken, cancellationToken)).Value;
    }
}

/// <summary>The answer of GitHub.</summary>
internal sealed class GitHubToken
{
    /// <summary>The token.</summary>
    public required string Value { get; init; }
}
