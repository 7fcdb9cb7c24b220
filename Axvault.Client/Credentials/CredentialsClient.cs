using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Axvault.Client.Transport;

namespace Axvault.Client;

/// <summary>The calls on credentials.</summary>
/// <example><code>var credential = await vault.Credentials.ReadAsync("claude.prod");</code></example>
public sealed class CredentialsClient
{
    private const int PageSize = 500;
    private readonly ApiTransport _transport;

    internal CredentialsClient(ApiTransport transport) => _transport = transport;

    /// <summary>Reads a credential. The server refreshes it before, when that is due.</summary>
    /// <param name="name">The name.</param>
    /// <param name="cancellationToken">The token that cancels the call.</param>
    /// <returns>The credential with its data.</returns>
    /// <exception cref="AxvaultException">The call failed.</exception>
    /// <example><code>var token = (await vault.Credentials.ReadAsync("claude.prod")).RevealAccessToken();</code></example>
    public async Task<OpenedCredential> ReadAsync(string name, CancellationToken cancellationToken = default)
    {
        using var answer = await _transport.SendAsync(ApiTransport.Request(HttpMethod.Get, PathOf(name)), cancellationToken);
        var credential = await _transport.ReadAsync(answer, ApiJsonContext.Default.OpenedCredential, cancellationToken);
        credential.Refreshed = answer.Headers.Contains("X-Axvault-Refreshed");
        credential.RefreshFailed = answer.Headers.Contains("X-Axvault-Refresh-Failed");
        credential.ETag = answer.Headers.ETag?.ToString();
        return credential;
    }

    /// <summary>Lists the credentials that the key may read, in byte order of their names.</summary>
    /// <param name="deleted"><see langword="true"/> to list deleted ones instead; otherwise <see langword="false"/>.</param>
    /// <param name="cancellationToken">The token that cancels the call.</param>
    /// <returns>The credentials, fetched page by page.</returns>
    /// <exception cref="AxvaultException">The call failed.</exception>
    /// <example><code>await foreach (var credential in vault.Credentials.ListAsync()) { … }</code></example>
    public IAsyncEnumerable<Credential> ListAsync(bool deleted = false, CancellationToken cancellationToken = default) =>
        ListAsync(new CredentialQuery { Deleted = deleted }, cancellationToken);

    /// <summary>Lists the credentials that the key may read and a query selects, in its order.</summary>
    /// <param name="query">The selection and the order.</param>
    /// <param name="cancellationToken">The token that cancels the call.</param>
    /// <returns>The credentials, fetched page by page.</returns>
    /// <exception cref="AxvaultException">
    /// The call failed. <see cref="AxvaultError.InvalidRequest"/> names <c>cursor</c> when the last credential of a page was deleted before the next one was
    /// fetched, and the order is not that of names.
    /// </exception>
    /// <example><code>await foreach (var credential in vault.Credentials.ListAsync(new CredentialQuery { Status = "attention" })) { … }</code></example>
    public async IAsyncEnumerable<Credential> ListAsync(
        CredentialQuery query,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        string? cursor = null;
        do
        {
            var page = await ListPageAsync(query, PageSize, cursor, cancellationToken);
            foreach (var credential in page.Credentials)
            {
                yield return credential;
            }

            cursor = page.NextCursor;
        } while (cursor is not null);
    }

    /// <summary>Lists one page of the credentials that the key may read.</summary>
    /// <param name="query">The selection and the order, the same for every page; <see langword="null"/> for all, by name.</param>
    /// <param name="limit">The greatest number of credentials: 1 to 1000.</param>
    /// <param name="cursor">The cursor of the page; <see langword="null"/> for the first one.</param>
    /// <param name="cancellationToken">The token that cancels the call.</param>
    /// <returns>The page, with the cursor of the next one.</returns>
    /// <exception cref="AxvaultException">
    /// The call failed. <see cref="AxvaultError.InvalidRequest"/> names <c>cursor</c> when its credential is gone, and the order is not that of names.
    /// </exception>
    /// <example><code>var page = await vault.Credentials.ListPageAsync(new() { Text = "claude" }, limit: 50);</code></example>
    public Task<CredentialPage> ListPageAsync(
        CredentialQuery? query = null,
        int limit = 100,
        string? cursor = null,
        CancellationToken cancellationToken = default
    )
    {
        var path = Query.Of(
            "credentials",
            ("limit", Query.Text(limit)),
            ("cursor", cursor),
            ("name", query?.Name),
            ("q", query?.Text),
            ("type", query?.Type),
            ("provider", query?.Provider),
            ("status", query?.Status),
            ("use", query?.Use),
            ("sort", query?.Sort),
            ("deleted", query?.Deleted == true ? "true" : null)
        );
        return _transport.SendAsync(ApiTransport.Request(HttpMethod.Get, path), ApiJsonContext.Default.CredentialPage, cancellationToken);
    }

    /// <summary>Finds a credential without its data. Nothing is refreshed, and no secret is handed out.</summary>
    /// <param name="name">The name.</param>
    /// <param name="cancellationToken">The token that cancels the call.</param>
    /// <returns>The credential, or <see langword="null"/> when there is none that the key may read.</returns>
    /// <exception cref="AxvaultException">The call failed.</exception>
    /// <example><code>var health = (await vault.Credentials.FindAsync("claude.prod"))?.Refresh?.Status;</code></example>
    public async Task<Credential?> FindAsync(string name, CancellationToken cancellationToken = default)
    {
        try
        {
            var page = await ListPageAsync(new CredentialQuery { Name = name }, limit: 1, cancellationToken: cancellationToken);
            return page.Credentials is [var found] && found.Name == name ? found : null;
        }
        catch (AxvaultException exception) when (exception.Errors.ContainsKey("name"))
        {
            // No credential can have such a name.
            return null;
        }
    }

    /// <summary>Changes what a credential says to people. Its data, its version and its refreshes stay.</summary>
    /// <param name="name">The name.</param>
    /// <param name="displayName">The name for people; <see langword="null"/> removes it.</param>
    /// <param name="notes">Free text, which is not encrypted; <see langword="null"/> removes it.</param>
    /// <param name="cancellationToken">The token that cancels the call.</param>
    /// <returns>A task that ends with the call.</returns>
    /// <exception cref="AxvaultException">The call failed.</exception>
    /// <example><code>await vault.Credentials.AnnotateAsync("claude.prod", "Claude Code of the team", "Ask Ada for a new login.");</code></example>
    public Task AnnotateAsync(string name, string? displayName, string? notes, CancellationToken cancellationToken = default) =>
        _transport.RunAsync(
            ApiTransport.Request(
                HttpMethod.Patch,
                PathOf(name),
                ApiTransport.Json(new JsonObject { ["displayName"] = displayName, ["notes"] = notes }, ApiJsonContext.Default.JsonObject)
            ),
            cancellationToken
        );

    /// <summary>Counts the credentials that the key may read: by status, by type, and by expiry.</summary>
    /// <param name="cancellationToken">The token that cancels the call.</param>
    /// <returns>The numbers.</returns>
    /// <exception cref="AxvaultException">The call failed.</exception>
    /// <example><code>var attention = (await vault.Credentials.OverviewAsync()).Attention;</code></example>
    public Task<VaultOverview> OverviewAsync(CancellationToken cancellationToken = default) =>
        _transport.SendAsync(ApiTransport.Request(HttpMethod.Get, "overview"), ApiJsonContext.Default.VaultOverview, cancellationToken);

    /// <summary>Stores a credential, or a new version of it.</summary>
    /// <param name="name">The name.</param>
    /// <param name="content">The credential.</param>
    /// <param name="condition">The condition on what is stored; <see langword="null"/> for none.</param>
    /// <param name="force"><see langword="true"/> to store a refresh token that was used before, without refresh; otherwise <see langword="false"/>.</param>
    /// <param name="cancellationToken">The token that cancels the call.</param>
    /// <returns>The name and the times.</returns>
    /// <exception cref="AxvaultException">
    /// The call failed. <see cref="AxvaultError.Conflict"/>: the condition does not hold, or newer tokens are stored.
    /// </exception>
    /// <example><code>await vault.Credentials.PutAsync("claude.prod", content, PutCondition.IsAbsent);</code></example>
    public Task<Credential> PutAsync(
        string name,
        CredentialContent content,
        PutCondition? condition = null,
        bool force = false,
        CancellationToken cancellationToken = default
    )
    {
        var body = ApiTransport.Json(content.ToBody(), ApiJsonContext.Default.CredentialBody);
        var request = ApiTransport.Request(HttpMethod.Put, PathOf(name) + Force(force), body);
        condition?.AddTo(request.Headers);
        return _transport.SendAsync(request, ApiJsonContext.Default.Credential, cancellationToken);
    }

    /// <summary>Deletes a credential. It can be brought back for 30 days, unless it is purged.</summary>
    /// <param name="name">The name.</param>
    /// <param name="purge"><see langword="true"/> to delete it for good; otherwise <see langword="false"/>.</param>
    /// <param name="cancellationToken">The token that cancels the call.</param>
    /// <returns>A task that ends with the call.</returns>
    /// <exception cref="AxvaultException">The call failed.</exception>
    /// <example><code>await vault.Credentials.DeleteAsync("claude.old");</code></example>
    public Task DeleteAsync(string name, bool purge = false, CancellationToken cancellationToken = default) =>
        _transport.RunAsync(ApiTransport.Request(HttpMethod.Delete, PathOf(name) + (purge ? "?purge=true" : "")), cancellationToken);

    /// <summary>Brings a deleted credential back.</summary>
    /// <param name="name">The name.</param>
    /// <param name="force"><see langword="true"/> to bring back one whose refresh token was used since; otherwise <see langword="false"/>.</param>
    /// <param name="cancellationToken">The token that cancels the call.</param>
    /// <returns>The credential.</returns>
    /// <exception cref="AxvaultException">The call failed.</exception>
    /// <example><code>await vault.Credentials.UndeleteAsync("claude.old");</code></example>
    public Task<Credential> UndeleteAsync(string name, bool force = false, CancellationToken cancellationToken = default) =>
        PostAsync($"{PathOf(name)}/undelete{Force(force)}", cancellationToken);

    /// <summary>Refreshes a credential now.</summary>
    /// <param name="name">The name.</param>
    /// <param name="force"><see langword="true"/> to refresh it although its state says to wait; otherwise <see langword="false"/>.</param>
    /// <param name="cancellationToken">The token that cancels the call.</param>
    /// <returns>The credential; <see cref="Credential.Outcome"/> tells what was done.</returns>
    /// <exception cref="AxvaultException">The call failed. <see cref="AxvaultError.RefreshFailed"/>: the provider refused.</exception>
    /// <example><code>var outcome = (await vault.Credentials.RefreshAsync("claude.prod")).Outcome;</code></example>
    public Task<Credential> RefreshAsync(string name, bool force = false, CancellationToken cancellationToken = default) =>
        PostAsync($"{PathOf(name)}/refresh{Force(force)}", cancellationToken);

    /// <summary>Finds the ways to a new login of a credential, as the server's settings allow them.</summary>
    /// <param name="name">The name.</param>
    /// <param name="cancellationToken">The token that cancels the call.</param>
    /// <returns>The provider and the flows.</returns>
    /// <exception cref="AxvaultException">The call failed.</exception>
    /// <example><code>var flows = (await vault.Credentials.FindLoginFlowsAsync("acme.prod")).Flows;</code></example>
    public Task<LoginFlows> FindLoginFlowsAsync(string name, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(ApiTransport.Request(HttpMethod.Get, PathOf(name) + "/login"), ApiJsonContext.Default.LoginFlows, cancellationToken);

    /// <summary>Begins a new login of a credential.</summary>
    /// <param name="name">The name.</param>
    /// <param name="flow"><c>device</c> or <c>paste</c>; <see langword="null"/> for the first one that the server's settings allow.</param>
    /// <param name="cancellationToken">The token that cancels the call.</param>
    /// <returns>The code or the address for the person who logs in.</returns>
    /// <exception cref="AxvaultException">The call failed. <see cref="AxvaultError.Conflict"/>: the settings allow no such login.</exception>
    /// <example><code>var login = await vault.Credentials.BeginLoginAsync("acme.prod", "device");</code></example>
    public Task<BegunLogin> BeginLoginAsync(string name, string? flow = null, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(
            ApiTransport.Request(
                HttpMethod.Post,
                PathOf(name) + "/login",
                ApiTransport.Json(new JsonObject { ["flow"] = flow }, ApiJsonContext.Default.JsonObject)
            ),
            ApiJsonContext.Default.BegunLogin,
            cancellationToken
        );

    /// <summary>Finishes a login. Call it again after <see cref="LoginProgress.Interval"/> while its status is <c>pending</c>.</summary>
    /// <param name="name">The name.</param>
    /// <param name="login">The login, as <see cref="BegunLogin.Login"/> says, and <see cref="LoginProgress.Login"/> after a call.</param>
    /// <param name="answer">With <c>paste</c>: the address to which the browser was sent.</param>
    /// <param name="cancellationToken">The token that cancels the call.</param>
    /// <returns>The state of the login.</returns>
    /// <exception cref="AxvaultException">The call failed. <see cref="AxvaultError.RefreshFailed"/>: the provider refused.</exception>
    /// <example><code>var progress = await vault.Credentials.FinishLoginAsync("acme.prod", login.Login, pasted);</code></example>
    public Task<LoginProgress> FinishLoginAsync(string name, string login, string? answer = null, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(
            ApiTransport.Request(
                HttpMethod.Post,
                PathOf(name) + "/login/finish",
                ApiTransport.Json(new JsonObject { ["login"] = login, ["answer"] = answer }, ApiJsonContext.Default.JsonObject)
            ),
            ApiJsonContext.Default.LoginProgress,
            cancellationToken
        );

    /// <summary>Lists the replaced or deleted versions of a credential, the last replaced one first.</summary>
    /// <param name="name">The name.</param>
    /// <param name="cancellationToken">The token that cancels the call.</param>
    /// <returns>The versions.</returns>
    /// <exception cref="AxvaultException">The call failed.</exception>
    /// <example><code>foreach (var version in await vault.Credentials.ListVersionsAsync("claude.prod")) { … }</code></example>
    public async Task<IReadOnlyList<CredentialVersion>> ListVersionsAsync(string name, CancellationToken cancellationToken = default) =>
        (
            await _transport.SendAsync(
                ApiTransport.Request(HttpMethod.Get, PathOf(name) + "/versions"),
                ApiJsonContext.Default.CredentialVersionList,
                cancellationToken
            )
        ).Versions;

    /// <summary>Makes a replaced version current again.</summary>
    /// <param name="name">The name.</param>
    /// <param name="version">The id of the version.</param>
    /// <param name="force"><see langword="true"/> to restore one whose refresh token was used since; otherwise <see langword="false"/>.</param>
    /// <param name="cancellationToken">The token that cancels the call.</param>
    /// <returns>The credential.</returns>
    /// <exception cref="AxvaultException">The call failed.</exception>
    /// <example><code>await vault.Credentials.RestoreAsync("claude.prod", version.Version);</code></example>
    public Task<Credential> RestoreAsync(string name, string version, bool force = false, CancellationToken cancellationToken = default) =>
        PostAsync($"{PathOf(name)}/versions/{Uri.EscapeDataString(version)}/restore{Force(force)}", cancellationToken);

    /// <summary>Reads an answer of a provider to a refresh that the server could not read. The calling key must grant <c>*</c>.</summary>
    /// <param name="name">The name.</param>
    /// <param name="cancellationToken">The token that cancels the call.</param>
    /// <returns>The answer.</returns>
    /// <exception cref="AxvaultException">The call failed. <see cref="AxvaultError.NotFound"/>: no such answer is kept.</exception>
    /// <example><code>var answer = await vault.Credentials.ReadUnreadableAnswerAsync("claude.prod");</code></example>
    public Task<UnreadableAnswer> ReadUnreadableAnswerAsync(string name, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(
            ApiTransport.Request(HttpMethod.Get, PathOf(name) + "/unreadable-answer"),
            ApiJsonContext.Default.UnreadableAnswer,
            cancellationToken
        );

    private Task<Credential> PostAsync(string path, CancellationToken cancellationToken) =>
        _transport.SendAsync(ApiTransport.Request(HttpMethod.Post, path), ApiJsonContext.Default.Credential, cancellationToken);

    private static string PathOf(string name) => ApiTransport.PathOf("credentials", name);

    private static string Force(bool force) => force ? "?force=true" : "";
}

/// <summary>The versions of a credential.</summary>
internal sealed record CredentialVersionList(IReadOnlyList<CredentialVersion> Versions);
