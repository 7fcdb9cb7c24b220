using System.Net;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;

namespace Axvault.AppHost.Dashboard;

/// <summary>
/// The API with a key for the commands. A new vault prints the secret of its first key, once, to a console that the AppHost reads: with it the
/// AppHost makes a key of its own, so that nobody has to type one and the audit log tells the dashboard from a person. Where that is missed, or
/// the database is not the AppHost's own, the developer is asked.
/// </summary>
internal sealed partial class VaultSession(
    IResource api, DashboardKey key, VaultApi vault, ResourceLoggerService loggers, IInteractionService interactions, ILogger<VaultSession> logger) : IDisposable
{
    private const string KeyName = "Aspire dashboard";
    private static readonly string[] Everything = ["*"];

    // Two commands at once do not ask twice.
    private readonly SemaphoreSlim _gate = new(1);

    /// <summary>Sends a request without a body, with a key that the API takes.</summary>
    /// <exception cref="VaultApiException">No key is known, the server does not run, or it refuses.</exception>
    /// <exception cref="OperationCanceledException">The developer was asked for a key, and gave none.</exception>
    public Task<T> SendAsync<T>(HttpMethod method, string path, JsonTypeInfo<T> answer, CancellationToken cancellationToken) =>
        CallAsync(secret => vault.SendAsync(method, path, secret, answer, cancellationToken), cancellationToken);

    /// <summary>Posts <paramref name="body"/>, with a key that the API takes.</summary>
    /// <exception cref="VaultApiException">No key is known, the server does not run, or it refuses.</exception>
    /// <exception cref="OperationCanceledException">The developer was asked for a key, and gave none.</exception>
    public Task<T> PostAsync<TBody, T>(string path, TBody body, JsonTypeInfo<TBody> type, JsonTypeInfo<T> answer, CancellationToken cancellationToken) =>
        CallAsync(secret => vault.PostAsync(path, secret, body, type, answer, cancellationToken), cancellationToken);

    /// <summary>Makes the AppHost's own key, when none is known and the vault has just made its first one.</summary>
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

    private async Task<T> CallAsync<T>(Func<string, Task<T>> call, CancellationToken cancellationToken)
    {
        var secret = await FindAsync(refused: null, cancellationToken);
        try
        {
            return await call(secret);
        }
        catch (VaultApiException exception) when (exception.Status == HttpStatusCode.Unauthorized)
        {
            // It was deleted, or the vault is another one by now.
            return await call(await FindAsync(secret, cancellationToken));
        }
    }

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

    // Null where there is nothing to make a key with.
    private async Task<string?> LearnAsync(CancellationToken cancellationToken)
    {
        if (!key.IsOfOwnDatabase)
        {
            return null;
        }

        foreach (var secret in await ReadBootstrapSecretsAsync(cancellationToken))
        {
            try
            {
                return await EnrollAsync(secret, cancellationToken);
            }
            catch (VaultApiException exception) when (exception.Status == HttpStatusCode.Unauthorized)
            {
                // The developer may have deleted the first key.
            }
        }

        return null;
    }

    private async Task<string> AskAsync(CancellationToken cancellationToken)
    {
        if (!interactions.IsAvailable)
        {
            throw new VaultApiException("No API key of this vault is known. Run the command in the dashboard, which asks for one.");
        }

        var answer = await interactions.PromptInputAsync(
            "An API key is needed",
            key.IsOfOwnDatabase
                ? "The dashboard has no key of this vault. With one that may grant everything, such as the bootstrap key, it makes one of its own."
                : "The database is not the AppHost's own, so no key is made in it. The one that you give is kept in memory until the AppHost ends.",
            new InteractionInput { Name = "key", Label = "API key", InputType = InputType.SecretText, Required = true, Placeholder = "axv_sk_…" },
            cancellationToken: cancellationToken);
        if (answer.Canceled || string.IsNullOrWhiteSpace(answer.Data.Value))
        {
            throw new OperationCanceledException("No API key was given.");
        }

        return await EnrollAsync(answer.Data.Value.Trim(), cancellationToken);
    }

    private async Task<string> EnrollAsync(string secret, CancellationToken cancellationToken)
    {
        if (key.IsOfOwnDatabase)
        {
            var own = await vault.PostAsync(
                "/api/v1/keys", secret, new KeyRequest(KeyName, Everything, Everything, Everything), VaultApiJson.Default.KeyRequest, VaultApiJson.Default.CreatedKey, cancellationToken);
            Log.Enrolled(logger, own.Id);
            secret = own.Secret;
        }

        key.Keep(secret);
        return secret;
    }

    // The newest first: the older ones are of vaults that were reset.
    private async Task<IReadOnlyList<string>> ReadBootstrapSecretsAsync(CancellationToken cancellationToken)
    {
        var secrets = new List<string>();
        await foreach (var lines in loggers.GetAllAsync(api).WithCancellation(cancellationToken))
        {
            secrets.AddRange(lines.Where(static line => line.IsErrorMessage).Select(static line => Secret().Match(line.Content)).Where(static match => match.Success).Select(static match => match.Value));
        }

        secrets.Reverse();
        return secrets;
    }

    [GeneratedRegex("axv_sk_[0-9A-Za-z]{49}")]
    private static partial Regex Secret();

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "The dashboard's commands have an API key of their own: {KeyId}")]
        public static partial void Enrolled(ILogger logger, string keyId);

        [LoggerMessage(LogLevel.Warning, "The dashboard's commands have no API key yet: {Reason}")]
        public static partial void NotEnrolled(ILogger logger, string reason);
    }
}
