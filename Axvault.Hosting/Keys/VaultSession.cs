using System.Net;
using System.Text.Json.Serialization.Metadata;
using Axvault.Hosting.Http;
using Microsoft.Extensions.Logging;

namespace Axvault.Hosting.Keys;

/// <summary>The API with a key for the AppHost: for the commands of the dashboard, the first credentials, and the keys of projects.</summary>
/// <remarks>
/// With the bootstrap secret of its own database the AppHost makes a separate key: no one has to type one, and the audit log tells the dashboard
/// from a person. When that secret does not work, or the database is not the AppHost's own, the developer is asked.
/// </remarks>
internal sealed partial class VaultSession(
    KeptKey key,
    BootstrapSecret bootstrap,
    VaultApi vault,
    IInteractionService interactions,
    ILogger<VaultSession> logger
) : IDisposable
{
    private const string KeyName = "Aspire dashboard";
    private static readonly string[] Everything = ["*"];

    // Two concurrent commands ask only once.
    private readonly SemaphoreSlim _gate = new(1);

    /// <summary>Sends a request without a body, with a key that the API takes.</summary>
    /// <exception cref="VaultApiException">No key is known, the server is not running, or it refuses.</exception>
    /// <exception cref="OperationCanceledException">The developer was asked for a key and gave none.</exception>
    public Task<T> SendAsync<T>(HttpMethod method, string path, JsonTypeInfo<T> answer, CancellationToken cancellationToken) =>
        CallAsync(secret => vault.SendAsync(method, path, secret, answer, cancellationToken), cancellationToken);

    /// <summary>Sends a request with <paramref name="body"/>, with a key that the API takes.</summary>
    /// <exception cref="VaultApiException">No key is known, the server is not running, or it refuses.</exception>
    /// <exception cref="OperationCanceledException">The developer was asked for a key and gave none.</exception>
    public Task<T> SendAsync<TBody, T>(
        HttpMethod method,
        string path,
        TBody body,
        JsonTypeInfo<TBody> type,
        JsonTypeInfo<T> answer,
        CancellationToken cancellationToken
    ) => CallAsync(secret => vault.SendAsync(method, path, secret, body, type, answer, cancellationToken), cancellationToken);

    /// <summary>Makes a call with a key that the API takes.</summary>
    /// <exception cref="VaultApiException">No key is known, the server is not running, or it refuses.</exception>
    /// <exception cref="OperationCanceledException">The developer was asked for a key and gave none.</exception>
    public async Task<T> CallAsync<T>(Func<string, Task<T>> call, CancellationToken cancellationToken)
    {
        var secret = await FindAsync(refused: null, cancellationToken);
        try
        {
            return await call(secret);
        }
        catch (VaultApiException exception) when (exception.Status == HttpStatusCode.Unauthorized)
        {
            // The key was deleted, or the vault was replaced.
            return await call(await FindAsync(secret, cancellationToken));
        }
    }

    /// <summary>Makes the key of the commands when none is known and the bootstrap secret works.</summary>
    public async Task LearnAtStartAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (key.Reveal() is null)
            {
                await LearnAsync(cancellationToken);
            }
        }
        catch (VaultApiException exception)
        {
            // The first command tries again.
            Log.NotEnrolled(logger, exception.Message);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc />
    public void Dispose() => _gate.Dispose();

    private async Task<string> FindAsync(string? refused, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (key.Reveal() is { } secret && secret != refused)
            {
                return secret;
            }

            key.Forget();
            return await LearnAsync(cancellationToken) ?? await AskAsync(cancellationToken);
        }
        finally
        {
            _gate.Release();
        }
    }

    // Null when the bootstrap secret is missing or does not work.
    private async Task<string?> LearnAsync(CancellationToken cancellationToken)
    {
        if (bootstrap.Reveal() is not { } secret)
        {
            return null;
        }

        try
        {
            return await EnrollAsync(secret, cancellationToken);
        }
        catch (VaultApiException exception) when (exception.Status == HttpStatusCode.Unauthorized)
        {
            // The database may be older than the secret, or its first key may have been deleted.
            return null;
        }
    }

    private async Task<string> AskAsync(CancellationToken cancellationToken)
    {
        if (!interactions.IsAvailable)
        {
            throw new VaultApiException("No API key of this vault is known. Run the command in the dashboard, which asks for one.");
        }

        var answer = await interactions.PromptInputAsync(
            "An API key is needed",
            key.IsKept
                ? "The dashboard has no key of this vault. With one that may grant everything, such as the bootstrap key, it makes one of its own."
                : "The database is not the AppHost's own, so no key is made in it. The one that you give is kept in memory until the AppHost ends.",
            new InteractionInput
            {
                Name = "key",
                Label = "API key",
                InputType = InputType.SecretText,
                Required = true,
                Placeholder = "axv_sk_…",
            },
            cancellationToken: cancellationToken
        );
        if (answer.Canceled || string.IsNullOrWhiteSpace(answer.Data.Value))
        {
            throw new OperationCanceledException("No API key was given.");
        }

        return await EnrollAsync(answer.Data.Value.Trim(), cancellationToken);
    }

    private async Task<string> EnrollAsync(string secret, CancellationToken cancellationToken)
    {
        if (key.IsKept)
        {
            var own = await vault.SendAsync(
                HttpMethod.Post,
                "/api/v1/keys",
                secret,
                new KeyRequest(KeyName, Everything, Everything, Everything),
                VaultApiJson.Default.KeyRequest,
                VaultApiJson.Default.CreatedKey,
                cancellationToken
            );
            Log.Enrolled(logger, own.Id);
            secret = own.Secret;
        }

        key.Keep(secret);
        return secret;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "The dashboard's commands have an API key of their own: {KeyId}")]
        public static partial void Enrolled(ILogger logger, string keyId);

        [LoggerMessage(LogLevel.Warning, "The dashboard's commands have no API key yet: {Reason}")]
        public static partial void NotEnrolled(ILogger logger, string reason);
    }
}
