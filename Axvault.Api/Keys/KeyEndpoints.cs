using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Axvault.Api.Keys;

/// <summary>The calls on API keys.</summary>
internal static class KeyEndpoints
{
    private const string MayNotGrant = "The key's access is not within what this API key may grant.";
    private const string MayNotAdminister = "This call needs an API key that grants *.";
    private const string NoSuchKey = "There is no such key.";

    /// <summary>Maps the calls below <c>/keys</c>.</summary>
    public static void MapKeys(this IEndpointRouteBuilder api)
    {
        var keys = api.MapGroup("/keys").WithTags("Keys");
        keys.MapPost("/", CreateAsync);
        keys.MapGet("/", ListAsync);
        keys.MapGet("/{id}", GetAsync);
        keys.MapPatch("/{id}", UpdateAsync);
        keys.MapDelete("/{id}", DeleteAsync);
    }

    private static async Task<Results<Created<CreatedKeyResponse>, ProblemHttpResult>> CreateAsync(
        KeyRequest request, Caller caller, KeyStore store, AuditLog audit, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        if (!request.TryValidateNew(errors, out var name, out var scope))
        {
            return Problems.Invalid(errors);
        }

        var secret = ApiKeySecret.Create();
        var change = await store.CreateAsync(caller.KeyId, name, scope, secret.Hash(), cancellationToken);
        if (!change.IsDone)
        {
            return await RefuseAsync(change, AuditAction.KeyCreate, caller, null, MayNotGrant, audit);
        }

        await audit.RecordAsync(new AuditRecord(AuditAction.KeyCreate, AuditOutcome.Success, caller, change.Key.Id.Value));
        return TypedResults.Created($"/api/v1/keys/{change.Key.Id}", CreatedKeyResponse.Of(change.Key, secret));
    }

    private static async Task<Results<Ok<KeyListResponse>, ProblemHttpResult>> ListAsync(
        Caller caller, KeyStore store, AuditLog audit, CancellationToken cancellationToken)
    {
        if (!GrantRules.MayAdminister(caller.Scope))
        {
            return await RefuseAsync(KeyChange.Denied, AuditAction.KeyList, caller, null, MayNotAdminister, audit);
        }

        var keys = await store.ListAsync(cancellationToken);
        await audit.RecordAsync(new AuditRecord(AuditAction.KeyList, AuditOutcome.Success, caller));
        return TypedResults.Ok(new KeyListResponse([.. keys.Select(KeyResponse.Of)]));
    }

    private static async Task<Results<Ok<KeyResponse>, ProblemHttpResult>> GetAsync(
        string id, Caller caller, KeyStore store, AuditLog audit, CancellationToken cancellationToken)
    {
        if (!GrantRules.MayAdminister(caller.Scope))
        {
            return await RefuseAsync(KeyChange.Denied, AuditAction.KeyRead, caller, WellFormed(id), MayNotAdminister, audit);
        }

        if (!KeyId.TryParse(id, out var keyId) || await store.FindAsync(keyId, cancellationToken) is not { } key)
        {
            return Problems.NotFound(NoSuchKey);
        }

        await audit.RecordAsync(new AuditRecord(AuditAction.KeyRead, AuditOutcome.Success, caller, id));
        return TypedResults.Ok(KeyResponse.Of(key));
    }

    private static async Task<Results<Ok<KeyResponse>, ProblemHttpResult>> UpdateAsync(
        string id, KeyRequest request, Caller caller, KeyStore store, AuditLog audit, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        if (!request.TryValidatePatch(errors, out var patch))
        {
            return Problems.Invalid(errors);
        }

        var change = await ChangeAsync(id, caller, keyId => store.UpdateAsync(caller.KeyId, keyId, patch, cancellationToken));
        if (!change.IsDone)
        {
            return await RefuseAsync(change, AuditAction.KeyUpdate, caller, WellFormed(id), MayNotGrant, audit);
        }

        await audit.RecordAsync(new AuditRecord(AuditAction.KeyUpdate, AuditOutcome.Success, caller, id));
        return TypedResults.Ok(KeyResponse.Of(change.Key));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> DeleteAsync(
        string id, Caller caller, KeyStore store, AuditLog audit, CancellationToken cancellationToken)
    {
        var change = await ChangeAsync(id, caller, keyId => store.DeleteAsync(caller.KeyId, keyId, cancellationToken));
        if (!change.IsDone)
        {
            return await RefuseAsync(change, AuditAction.KeyDelete, caller, WellFormed(id), MayNotAdminister, audit);
        }

        await audit.RecordAsync(new AuditRecord(AuditAction.KeyDelete, AuditOutcome.Success, caller, id));
        return TypedResults.NoContent();
    }

    // What is not the form of an id is the id of no key: answered like one that does not exist, to those who may know.
    private static Task<KeyChange> ChangeAsync(string id, Caller caller, Func<KeyId, Task<KeyChange>> change) =>
        KeyId.TryParse(id, out var keyId) ? change(keyId) : Task.FromResult(GrantRules.MayAdminister(caller.Scope) ? KeyChange.NotFound : KeyChange.Denied);

    // Only what has the form of an id goes into a log.
    private static string? WellFormed(string id) => KeyId.TryParse(id, out _) ? id : null;

    private static async Task<ProblemHttpResult> RefuseAsync(
        KeyChange change, string action, Caller caller, string? target, string reason, AuditLog audit)
    {
        if (!change.IsDenied)
        {
            return Problems.NotFound(NoSuchKey);
        }

        await audit.RecordAsync(new AuditRecord(action, AuditOutcome.Denied, caller, target, reason));
        return Problems.Forbidden(reason);
    }
}
