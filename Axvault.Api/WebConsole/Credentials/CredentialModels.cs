using Axvault.Api.WebConsole.Layout;
using Axvault.Api.WebConsole.Logins;
using Axvault.Client;

namespace Axvault.Api.WebConsole.Credentials;

/// <summary>The list of credentials, from a cursor on.</summary>
/// <param name="Frame">The frame.</param>
/// <param name="Filter">The filter.</param>
/// <param name="Rows">The rows.</param>
/// <param name="NextCursor">The cursor of the next page; <see langword="null"/> on the last one.</param>
/// <param name="Now">The present time.</param>
public sealed record CredentialListModel(
    PageFrame Frame,
    CredentialFilter Filter,
    IReadOnlyList<CredentialRow> Rows,
    string? NextCursor,
    DateTimeOffset Now
);

/// <summary>A credential in the list.</summary>
/// <param name="Credential">The credential.</param>
/// <param name="Health">Its health.</param>
/// <param name="Permission">The use that its provider permits.</param>
public sealed record CredentialRow(Credential Credential, CredentialHealth Health, PermittedUse Permission);

/// <summary>The deleted credentials.</summary>
/// <param name="Frame">The frame.</param>
/// <param name="Credentials">The credentials.</param>
/// <param name="NextCursor">The cursor of the next page; <see langword="null"/> on the last one.</param>
/// <param name="Now">The present time.</param>
public sealed record DeletedListModel(PageFrame Frame, IReadOnlyList<Credential> Credentials, string? NextCursor, DateTimeOffset Now);

/// <summary>A credential, with its acts. The data are never shown.</summary>
/// <param name="Frame">The frame.</param>
/// <param name="Credential">The credential.</param>
/// <param name="Health">Its health.</param>
/// <param name="Permission">The use that its provider permits.</param>
/// <param name="Versions">The versions before, the newest first.</param>
/// <param name="Access">Its possible and its past readers; <see langword="null"/> for a key that may not see them.</param>
/// <param name="Login">The ways to a new login; <see langword="null"/> when it needs none, or the key may not write it.</param>
/// <param name="Now">The present time.</param>
public sealed record CredentialDetailModel(
    PageFrame Frame,
    Credential Credential,
    CredentialHealth Health,
    PermittedUse Permission,
    IReadOnlyList<CredentialVersion> Versions,
    CredentialAccess? Access,
    LoginWaysModel? Login,
    DateTimeOffset Now
);

/// <summary>The possible and the past readers of a credential.</summary>
/// <param name="Holders">The keys and rules with access.</param>
/// <param name="Reads">The last reads, the newest first.</param>
/// <param name="Refreshes">The last refreshes, the oldest first.</param>
public sealed record CredentialAccess(IReadOnlyList<AccessHolder> Holders, IReadOnlyList<AuditEntry> Reads, IReadOnlyList<PastRefresh> Refreshes);

/// <summary>A key or a rule with access to a credential.</summary>
/// <param name="Path">The path of its page.</param>
/// <param name="Title">The title.</param>
/// <param name="Words">The access: reads, writes, uses.</param>
public sealed record AccessHolder(string Path, string Title, IReadOnlyList<string> Words);

/// <summary>The form of a put.</summary>
/// <param name="Frame">The frame.</param>
/// <param name="Fields">The fields without the data, which are never sent back.</param>
/// <param name="Failure">The refusal of the form; <see langword="null"/> for none.</param>
public sealed record PutModel(PageFrame Frame, PutFields Fields, FormFailure? Failure);

/// <summary>A login that was recognized in the form of a put, before it is stored.</summary>
/// <param name="Frame">The frame.</param>
/// <param name="Fields">The fields.</param>
/// <param name="Shape">The shape, for people.</param>
/// <param name="Replaces"><see langword="true"/> when a credential of this name is replaced; otherwise <see langword="false"/>.</param>
/// <param name="Draft">The login, sealed, for the confirmation.</param>
public sealed record PutConfirmModel(PageFrame Frame, PutFields Fields, RecognizedShape Shape, bool Replaces, string Draft);
