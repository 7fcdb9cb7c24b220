using System.Globalization;
using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Chain;
using Axvault.Api.Http;
using Axvault.Api.Http.Description;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Axvault.Api.Keys;

/// <summary>The calls that change a key.</summary>
internal static class KeyChangeEndpoints
{
    private const string ByForce = "by force";

    /// <summary>Maps the calls below <c>/keys/{id}</c> that change it.</summary>
    public static void MapKeyChanges(this RouteGroupBuilder keys)
    {
        keys.MapPatch("/{id}", UpdateAsync)
            .WithAudit(AuditAction.KeyUpdate)
            .ChecksAccessFirst(KeyProblems.RefuseWithoutGrant)
            .WithName("updateKey")
            .WithSummary("Change a key")
            .WithDescription(
                "A given list replaces the key's list; an absent member stays. The key before and after the change must be within the `grantAccess`, "
                    + "`expiresAt` and `allowedCidrs` of the calling key. The change holds at once, on every server."
            )
            .WithAnswer(200, "The key as it is now.")
            .Refuses(400, 404, 409);
        keys.MapPost("/{id}/rotate", RotateAsync)
            .WithAudit(AuditAction.KeyRotate)
            .ChecksAccessFirst(KeyProblems.RefuseRotation)
            .WithName("rotateKey")
            .WithSummary("Give a key a new secret")
            .WithDescription(
                "The present secret stays valid for `overlapSeconds`; an older one stops at once. The key must be within the `grantAccess`, `expiresAt` and "
                    + "`allowedCidrs` of the calling key. Any key may rotate itself. A previous secret rotates no key."
            )
            .WithAnswer(200, "The key, and its new secret, which is not shown again.")
            .Refuses(400, 404, 409);
        keys.MapDelete("/self", DeleteOwnAsync)
            .WithAudit(AuditAction.KeyDelete)
            .WithName("deleteOwnKey")
            .WithSummary("Delete the key of the request")
            .WithDescription("Any key may end itself, but the last one that administers the vault. It stops working at once, on every server.")
            .WithAnswer(204, "The key is gone.")
            .Refuses(409);
        keys.MapDelete("/{id}", DeleteAsync)
            .WithAudit(AuditAction.KeyDelete)
            .WithName("deleteKey")
            .WithSummary("Delete a key")
            .WithDescription("Needs `*` in `grantAccess`. The key stops working at once, on every server.")
            .WithAnswer(204, "The key is gone.")
            .Refuses(400, 404, 409);
    }

    private static async Task<Results<Ok<KeyResponse>, ProblemHttpResult>> UpdateAsync(
        [AsParameters] UpdateKeyParameters parameters,
        KeyRequest request,
        Caller caller,
        Ledger ledger,
        KeyChangeStore store,
        KeyUsage usage,
        AuditTrail trail,
        CancellationToken cancellationToken
    )
    {
        var errors = new FieldErrors();
        var force = errors.Flag("force", parameters.Force);
        if (!request.TryValidatePatch(errors, out var patch))
        {
            return Problems.Invalid(errors);
        }

        trail.Reason = force ? ByForce : null;
        var changed = await ChangeAsync(parameters.Id, caller, keyId =>
            ledger.ChangeAsync(change => store.UpdateAsync(change, caller, keyId, patch, force, trail.ForChange(), cancellationToken), cancellationToken)
        );
        return changed.IsDone ? TypedResults.Ok(KeyResponse.Of(usage.Update(changed.Key))) : KeyProblems.Refuse(changed, KeyProblems.MayNotGrant, trail);
    }

    private static async Task<Results<Ok<KeyResponse>, ProblemHttpResult>> RotateAsync(
        string id,
        Caller caller,
        Ledger ledger,
        KeyChangeStore store,
        KeyUsage usage,
        AuditTrail trail,
        CancellationToken cancellationToken,
        RotateKeyRequest? request = null
    )
    {
        var errors = new FieldErrors();
        if (!RotateKeyRequest.TryValidate(request, errors, out var overlap))
        {
            return Problems.Invalid(errors);
        }

        var secret = ApiKeySecret.Create();
        trail.Reason =
            overlap == TimeSpan.Zero
                ? "the secret before stops at once"
                : string.Create(CultureInfo.InvariantCulture, $"the secret before works for {overlap.TotalSeconds:0} s");
        var changed = await ChangeAsync(id, caller, keyId =>
            ledger.ChangeAsync(
                change => store.RotateAsync(change, caller, keyId, secret.Hash(), overlap, trail.ForChange(), cancellationToken),
                cancellationToken
            )
        );
        return changed.IsDone
            ? TypedResults.Ok(KeyResponse.Of(usage.Update(changed.Key), secret))
            : KeyProblems.Refuse(changed, KeyProblems.MayNotRotate, trail);
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> DeleteAsync(
        [AsParameters] DeleteKeyParameters parameters,
        Caller caller,
        Ledger ledger,
        KeyChangeStore store,
        AuditTrail trail,
        CancellationToken cancellationToken
    )
    {
        var errors = new FieldErrors();
        var force = errors.Flag("force", parameters.Force);
        if (errors.Count > 0)
        {
            return Problems.Invalid(errors);
        }

        trail.Reason = force ? ByForce : null;
        var changed = await ChangeAsync(parameters.Id, caller, keyId =>
            ledger.ForceChangeAsync(change => store.DeleteAsync(change, caller, keyId, force, trail.ForChange(), cancellationToken), cancellationToken)
        );
        return changed.IsRemoved ? TypedResults.NoContent() : KeyProblems.Refuse(changed, KeyProblems.MayNotAdminister, trail);
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> DeleteOwnAsync(
        Caller caller,
        Ledger ledger,
        KeyChangeStore store,
        AuditTrail trail,
        CancellationToken cancellationToken
    )
    {
        trail.Target = caller.KeyId.Value;
        var changed = await ledger.ForceChangeAsync(
            change => store.DeleteOwnAsync(change, caller, trail.ForChange(), cancellationToken),
            cancellationToken
        );
        caller.MayManage(!changed.IsDenied);
        return changed.IsRemoved ? TypedResults.NoContent() : KeyProblems.Refuse(changed, KeyProblems.MayNotAdminister, trail);
    }

    // A text without the form of an id is the id of no key: callers that may know get the answer for a missing key.
    private static async Task<KeyChange> ChangeAsync(string id, Caller caller, Func<KeyId, Task<KeyChange>> change)
    {
        if (!KeyId.TryParse(id, out var keyId))
        {
            return caller.UsesPreviousSecret ? KeyChange.Superseded
                : caller.MayAdminister() ? KeyChange.NotFound
                : KeyChange.Denied;
        }

        var made = await change(keyId);
        caller.MayManage(!made.IsDenied);
        return made;
    }
}
