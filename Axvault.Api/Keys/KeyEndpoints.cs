using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Chain;
using Axvault.Api.Encryption;
using Axvault.Api.Http;
using Axvault.Api.Http.Description;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Axvault.Api.Keys;

/// <summary>The calls on API keys.</summary>
internal static class KeyEndpoints
{
    private static readonly AnswerHeader Location = new("Location", "The path of the key.") { Example = "/api/v1/keys/k_3f9a1c20b7de", IsPath = true };

    /// <summary>Maps the calls below <c>/keys</c>.</summary>
    public static void MapKeys(this IEndpointRouteBuilder api)
    {
        // Mapped beside the others, for no key is refused here.
        api.MapGet("/keys/self", GetOwnAsync)
            .WithTags("Keys")
            .WithAudit(AuditAction.KeyRead)
            .WithName("getOwnKey")
            .WithSummary("Read the key of the request")
            .WithDescription("Any key may read itself: what it may do, and until when. The answer also has the version of the server.")
            .WithAnswer(200, "The key, without its secret.");
        var keys = api.MapGroup("/keys").WithTags("Keys").Refuses(403);
        keys.MapPost("/", CreateAsync)
            .WithAudit(AuditAction.KeyCreate)
            .ChecksAccessFirst(KeyProblems.RefuseWithoutGrant)
            .WithName("createKey")
            .WithSummary("Make a key")
            .WithDescription(
                "Every entry of its four lists must be within the `grantAccess` of the calling key. If the calling key has `expiresAt` or `allowedCidrs`, "
                    + "the new key must expire no later, and its networks must be within those. The answer holds the new secret, which is not shown again."
            )
            .WithAnswer(201, "The key, and its secret.", Location)
            .Refuses(400);
        keys.MapGet("/", ListAsync)
            .WithAudit(AuditAction.KeyList)
            .WithName("listKeys")
            .WithSummary("List the keys")
            .WithDescription("Needs `*` in `grantAccess`. Keys that rules have issued to workloads are left out, unless `issued` is given.")
            .WithAnswer(200, "Every key, without its secret.")
            .Refuses(400);
        keys.MapGet("/{id}", GetAsync)
            .WithAudit(AuditAction.KeyRead)
            .WithName("getKey")
            .WithSummary("Read a key")
            .WithDescription("Needs `*` in `grantAccess`.")
            .WithAnswer(200, "The key, without its secret.")
            .Refuses(404);
        keys.MapKeyChanges();
    }

    private static async Task<Results<Created<KeyResponse>, ProblemHttpResult>> CreateAsync(
        KeyRequest request,
        Caller caller,
        Ledger ledger,
        KeyChangeStore store,
        TimeProvider time,
        AuditTrail trail,
        CancellationToken cancellationToken
    )
    {
        var errors = new FieldErrors();
        if (!request.TryValidateNew(errors, time.GetUtcNow(), out var name, out var scope))
        {
            return Problems.Invalid(errors);
        }

        var (id, secret) = (KeyId.Create(), ApiKeySecret.Create());
        trail.Target = id.Value;
        var made = await ledger.ChangeAsync(
            change => store.CreateAsync(change, caller, id, name, scope, secret.Hash(), trail.ForChange(), cancellationToken),
            cancellationToken
        );
        caller.MayManage(!made.IsDenied);
        if (!made.IsDone)
        {
            trail.Target = null;
            return KeyProblems.Refuse(made, KeyProblems.MayNotGrant, trail);
        }

        return TypedResults.Created($"/api/v1/keys/{made.Key.Id}", KeyResponse.Of(made.Key, secret));
    }

    private static async Task<Results<Ok<KeyListResponse>, ProblemHttpResult>> ListAsync(
        [AsParameters] ListKeysParameters parameters,
        Caller caller,
        KeyStore store,
        KeyUsage usage,
        AuditTrail trail,
        CancellationToken cancellationToken
    )
    {
        if (!caller.MayAdminister())
        {
            return KeyProblems.Refuse(KeyChange.Denied, KeyProblems.MayNotAdminister, trail);
        }

        var errors = new FieldErrors();
        var issued = errors.Flag("issued", parameters.Issued);
        if (errors.Count > 0)
        {
            return Problems.Invalid(errors);
        }

        var keys = await store.ListAsync(issued, cancellationToken);
        return TypedResults.Ok(
            new KeyListResponse([.. keys.Select(static row => row.Key).OfType<ApiKey>().Select(key => KeyResponse.Of(usage.Update(key)))])
            {
                Unreadable = keys.Where(static row => !row.IsBelieved).Select(static row => row.Id.Value).ToArray() is { Length: > 0 } ids ? ids : null,
            }
        );
    }

    private static async Task<Results<Ok<KeyResponse>, ProblemHttpResult>> GetAsync(
        string id,
        Caller caller,
        KeyStore store,
        KeyUsage usage,
        AuditTrail trail,
        CancellationToken cancellationToken
    )
    {
        if (!caller.MayAdminister())
        {
            return KeyProblems.Refuse(KeyChange.Denied, KeyProblems.MayNotAdminister, trail);
        }

        return KeyId.TryParse(id, out var keyId) && await FindAsync(keyId, store, usage, cancellationToken) is { } key
            ? TypedResults.Ok(KeyResponse.Of(key))
            : KeyProblems.NotFound();
    }

    private static async Task<Results<Ok<KeyResponse>, ChallengeHttpResult>> GetOwnAsync(
        Caller caller,
        KeyStore store,
        KeyUsage usage,
        AuditTrail trail,
        CancellationToken cancellationToken
    )
    {
        trail.Target = caller.KeyId.Value;
        return await FindAsync(caller.KeyId, store, usage, cancellationToken) is { } key
            ? TypedResults.Ok(KeyResponse.OfCaller(key))
            // The key was deleted since it was checked.
            : TypedResults.Challenge();
    }

    private static async Task<ApiKey?> FindAsync(KeyId id, KeyStore store, KeyUsage usage, CancellationToken cancellationToken) =>
        await store.FindAsync(id, cancellationToken) is not { } row ? null
        : row.IsBelieved ? usage.Update(row.Key)
        : throw new EnvelopeException(row.Fit == RowFit.UnknownKek ? EnvelopeFault.UnknownKek : EnvelopeFault.NotAuthentic);
}
