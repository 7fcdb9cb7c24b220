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
        keys.MapPost("/", CreateAsync).WithAudit(AuditAction.KeyCreate);
        keys.MapGet("/", ListAsync).WithAudit(AuditAction.KeyList);
        keys.MapGet("/{id}", GetAsync).WithAudit(AuditAction.KeyRead);
        keys.MapPatch("/{id}", UpdateAsync).WithAudit(AuditAction.KeyUpdate);
        keys.MapDelete("/{id}", DeleteAsync).WithAudit(AuditAction.KeyDelete);
    }

    private static async Task<Results<Created<CreatedKeyResponse>, ProblemHttpResult>> CreateAsync(
        KeyRequest request, Caller caller, KeyStore store, AuditTrail trail, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        if (!request.TryValidateNew(errors, out var name, out var scope))
        {
            return Problems.Invalid(errors);
        }

        var (id, secret) = (KeyId.Create(), ApiKeySecret.Create());
        trail.Target = id.Value;
        var change = await store.CreateAsync(caller.KeyId, id, name, scope, secret.Hash(), trail.Note(), cancellationToken);
        caller.MayManage(!change.IsDenied);
        if (!change.IsDone)
        {
            trail.Target = null;
            return Refuse(change, MayNotGrant, trail);
        }

        return TypedResults.Created($"/api/v1/keys/{change.Key.Id}", CreatedKeyResponse.Of(change.Key, secret));
    }

    private static async Task<Results<Ok<KeyListResponse>, ProblemHttpResult>> ListAsync(
        Caller caller, KeyStore store, KeyUsage usage, AuditTrail trail, CancellationToken cancellationToken)
    {
        if (!caller.MayAdminister())
        {
            return Refuse(KeyChange.Denied, MayNotAdminister, trail);
        }

        var keys = await store.ListAsync(cancellationToken);
        return TypedResults.Ok(new KeyListResponse([.. keys.Select(key => KeyResponse.Of(usage.Update(key)))]));
    }

    private static async Task<Results<Ok<KeyResponse>, ProblemHttpResult>> GetAsync(
        string id, Caller caller, KeyStore store, KeyUsage usage, AuditTrail trail, CancellationToken cancellationToken)
    {
        if (!caller.MayAdminister())
        {
            return Refuse(KeyChange.Denied, MayNotAdminister, trail);
        }

        if (!KeyId.TryParse(id, out var keyId) || await store.FindAsync(keyId, cancellationToken) is not { } key)
        {
            return Problems.NotFound(NoSuchKey);
        }

        return TypedResults.Ok(KeyResponse.Of(usage.Update(key)));
    }

    private static async Task<Results<Ok<KeyResponse>, ProblemHttpResult>> UpdateAsync(
        string id, KeyRequest request, Caller caller, KeyStore store, KeyUsage usage, AuditTrail trail, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        if (!request.TryValidatePatch(errors, out var patch))
        {
            return Problems.Invalid(errors);
        }

        var change = await ChangeAsync(id, caller, keyId => store.UpdateAsync(caller.KeyId, keyId, patch, trail.Note(), cancellationToken));
        return change.IsDone ? TypedResults.Ok(KeyResponse.Of(usage.Update(change.Key))) : Refuse(change, MayNotGrant, trail);
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> DeleteAsync(
        string id, Caller caller, KeyStore store, AuditTrail trail, CancellationToken cancellationToken)
    {
        // A key that must go goes, also while the audit log cannot be written.
        trail.MayBeLate = true;
        var change = await ChangeAsync(id, caller, keyId => store.DeleteAsync(caller.KeyId, keyId, trail.Note(), cancellationToken));
        if (!change.IsNoted)
        {
            trail.DropNote();
        }

        return change.IsDone ? TypedResults.NoContent() : Refuse(change, MayNotAdminister, trail);
    }

    // What is not the form of an id is the id of no key: answered like one that does not exist, to those who may know.
    private static async Task<KeyChange> ChangeAsync(string id, Caller caller, Func<KeyId, Task<KeyChange>> change)
    {
        if (!KeyId.TryParse(id, out var keyId))
        {
            return caller.MayAdminister() ? KeyChange.NotFound : KeyChange.Denied;
        }

        var made = await change(keyId);
        caller.MayManage(!made.IsDenied);
        return made;
    }

    private static ProblemHttpResult Refuse(KeyChange change, string reason, AuditTrail trail)
    {
        if (!change.IsDenied)
        {
            return Problems.NotFound(NoSuchKey);
        }

        trail.Reason = reason;
        return Problems.Forbidden(reason);
    }
}
