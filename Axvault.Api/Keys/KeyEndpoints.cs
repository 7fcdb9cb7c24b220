using System.Globalization;
using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Http;
using Axvault.Api.Reference;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Axvault.Api.Keys;

/// <summary>The calls on API keys.</summary>
internal static class KeyEndpoints
{
    private const string MayNotGrant = "The key's access is not within what this API key may grant.";
    private const string MayNotAdminister = "This call needs an API key that grants *.";
    private const string MayNotRotate = "A key is rotated by one that may grant its access, or by itself with the secret that it has now.";
    private const string ByForce = "by force";
    private const string NoSuchKey = "There is no such key.";

    private const string Boolean = """{ "type": "boolean", "default": false }""";

    /// <summary>Maps the calls below <c>/keys</c>.</summary>
    public static void MapKeys(this IEndpointRouteBuilder api)
    {
        var keys = api.MapGroup("/keys").WithTags("Keys");
        keys.MapPost("/", CreateAsync)
            .WithAudit(AuditAction.KeyCreate)
            .WithName("createKey")
            .WithSummary("Make a key")
            .WithDescription("Every entry of its three lists must be within the `grantAccess` of the key that makes it. Where that key has `expiresAt` or `allowedCidrs`, the new one must expire no later, and have its networks within those. The answer holds the new key's secret, which is not shown again.")
            .WithAnswer(201, "The key, and its secret.")
            .WithAnswerHeader(201, "Location", """{ "type": "string", "format": "uri-reference", "examples": ["/api/v1/keys/k_3f9a1c20b7de"] }""", "The path of the key.")
            .Refuses(400, 403);
        keys.MapGet("/", ListAsync)
            .WithAudit(AuditAction.KeyList)
            .WithName("listKeys")
            .WithSummary("List the keys")
            .WithDescription("Needs `*` in `grantAccess`.")
            .WithAnswer(200, "Every key, without its secret.")
            .Refuses(403);
        keys.MapGet("/{id}", GetAsync)
            .WithAudit(AuditAction.KeyRead)
            .WithName("getKey")
            .WithSummary("Read a key")
            .WithDescription("Needs `*` in `grantAccess`.")
            .WithAnswer(200, "The key, without its secret.")
            .Refuses(403, 404);
        keys.MapPatch("/{id}", UpdateAsync)
            .WithAudit(AuditAction.KeyUpdate)
            .WithName("updateKey")
            .WithSummary("Change a key")
            .WithDescription("A list that is given replaces the key's list; what is left out stays. The key as it is and as it becomes must both be within the `grantAccess`, and within `expiresAt` and `allowedCidrs`, of the key that changes it. It holds at once, on every server.")
            .WithQuery("force", Boolean, "Changes the key although no other one is left that grants `*` for ever and from anywhere, or although the key that makes the change would lock itself out by it.")
            .WithAnswer(200, "The key as it is now.")
            .Refuses(400, 403, 404, 409);
        keys.MapPost("/{id}/rotate", RotateAsync)
            .WithAudit(AuditAction.KeyRotate)
            .WithName("rotateKey")
            .WithSummary("Give a key a new secret")
            .WithDescription("The secret that it has works on for `overlapSeconds`; one from before that stops at once. The key must be within the `grantAccess`, and within `expiresAt` and `allowedCidrs`, of the key that rotates it. Any key may rotate itself, with the secret that it has now: not with the one before.")
            .WithAnswer(200, "The key, and its new secret, which is not shown again.")
            .Refuses(400, 403, 404);
        keys.MapDelete("/{id}", DeleteAsync)
            .WithAudit(AuditAction.KeyDelete)
            .WithName("deleteKey")
            .WithSummary("Delete a key")
            .WithDescription("Needs `*` in `grantAccess`. The key stops working at once, on every server.")
            .WithQuery("force", Boolean, "Deletes the key although no other one is left that grants `*` for ever and from anywhere.")
            .WithAnswer(204, "The key is gone.")
            .Refuses(400, 403, 404, 409);
    }

    private static async Task<Results<Created<KeySecretResponse>, ProblemHttpResult>> CreateAsync(
        KeyRequest request, Caller caller, KeyStore store, TimeProvider time, AuditTrail trail, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        if (!request.TryValidateNew(errors, time.GetUtcNow(), out var name, out var scope))
        {
            return Problems.Invalid(errors);
        }

        var (id, secret) = (KeyId.Create(), ApiKeySecret.Create());
        trail.Target = id.Value;
        var change = await store.CreateAsync(caller, id, name, scope, secret.Hash(), trail.Note(), cancellationToken);
        caller.MayManage(!change.IsDenied);
        if (!change.IsDone)
        {
            trail.Target = null;
            return Refuse(change, MayNotGrant, trail);
        }

        return TypedResults.Created($"/api/v1/keys/{change.Key.Id}", KeySecretResponse.Of(change.Key, secret));
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
        string id, KeyRequest request, HttpRequest http, Caller caller, KeyStore store, KeyUsage usage, AuditTrail trail, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        var force = ReadForce(http, errors);
        if (!request.TryValidatePatch(errors, out var patch))
        {
            return Problems.Invalid(errors);
        }

        trail.Reason = force ? ByForce : null;
        var change = await ChangeAsync(id, caller, keyId => store.UpdateAsync(caller, keyId, patch, force, trail.Note(), cancellationToken));
        return change.IsDone ? TypedResults.Ok(KeyResponse.Of(usage.Update(change.Key))) : Refuse(change, MayNotGrant, trail);
    }

    private static async Task<Results<Ok<KeySecretResponse>, ProblemHttpResult>> RotateAsync(
        string id, Caller caller, KeyStore store, KeyUsage usage, AuditTrail trail, CancellationToken cancellationToken, RotateKeyRequest? request = null)
    {
        var errors = new FieldErrors();
        if (!RotateKeyRequest.TryValidate(request, errors, out var overlap))
        {
            return Problems.Invalid(errors);
        }

        var secret = ApiKeySecret.Create();
        trail.Reason = overlap == TimeSpan.Zero ? "the secret before stops at once" : string.Create(CultureInfo.InvariantCulture, $"the secret before works for {overlap.TotalSeconds:0} s");
        var change = await ChangeAsync(id, caller, keyId => store.RotateAsync(caller, keyId, secret.Hash(), overlap, trail.Note(), cancellationToken));
        return change.IsDone ? TypedResults.Ok(KeySecretResponse.Of(usage.Update(change.Key), secret)) : Refuse(change, MayNotRotate, trail);
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> DeleteAsync(
        string id, HttpRequest http, Caller caller, KeyStore store, AuditTrail trail, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        var force = ReadForce(http, errors);
        if (errors.Count > 0)
        {
            return Problems.Invalid(errors);
        }

        trail.Reason = force ? ByForce : null;

        // A key that must go goes, also while the audit log cannot be written.
        trail.MayBeLate = true;
        var change = await ChangeAsync(id, caller, keyId => store.DeleteAsync(caller, keyId, force, trail.Note(), cancellationToken));
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

    private static bool ReadForce(HttpRequest http, FieldErrors errors)
    {
        if (!QueryFlag.TryRead(http, "force", out var force))
        {
            errors.Report("force", QueryFlag.Rule);
        }

        return force;
    }

    private static ProblemHttpResult Refuse(KeyChange change, string reason, AuditTrail trail)
    {
        trail.Reason = change.IsDenied ? reason : change.Obstacle;
        return change switch
        {
            { IsDenied: true } => Problems.Forbidden(reason),
            { Obstacle: { } obstacle } => Problems.Conflict(obstacle),
            _ => Problems.NotFound(NoSuchKey),
        };
    }
}
