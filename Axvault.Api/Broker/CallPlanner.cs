using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Broker.Upstreams;
using Axvault.Api.Credentials;
using Axvault.Api.Stored;
using Axvault.Client.Agents;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Axvault.Api.Broker;

/// <summary>Decides a call: whether its key may use the credential, where it goes, and with which token.</summary>
internal sealed class CallPlanner(CredentialReader reader, UpstreamCatalog upstreams)
{
    /// <summary>Returns the plan of a call, or the refusal.</summary>
    public async Task<(CallPlan? Plan, ProblemHttpResult? Refusal)> PlanAsync(
        HttpContext context,
        string name,
        Caller caller,
        AuditTrail trail,
        CancellationToken cancellationToken
    )
    {
        if (!CredentialName.TryParse(name, out var credential) || !CallTarget.TryRead(context, name, out var target))
        {
            return (null, BrokerProblems.Refuse("The path of the call is not one that the broker takes: /broker/NAME/path, without encoded characters."));
        }

        trail.Reason = CallWords.Describe(target, context.Request.Headers, caller);
        if (!caller.MayUse(credential))
        {
            trail.Outcome = Chain.AuditOutcome.Denied;
            return (null, BrokerProblems.MayNotUse(credential));
        }

        if (await reader.ReadAsync(credential, trail.Confirmations, cancellationToken) is not { } found)
        {
            return (null, BrokerProblems.Refuse($"There is no credential {credential}."));
        }

        var (plan, obstacle) = Plan(caller, found.Credential, target);
        if (plan is null)
        {
            trail.Reason = $"{trail.Reason}: {obstacle}";
            return (null, obstacle == BrokerProblems.NoWebSocket ? BrokerProblems.UpgradeRefused() : BrokerProblems.Refuse(obstacle!));
        }

        return (plan, null);
    }

    /// <summary>Returns the plan of a call with <paramref name="credential"/>, or the sentence that says why there is none.</summary>
    public (CallPlan? Plan, string? Obstacle) Plan(Caller caller, OpenedCredential credential, CallTarget target)
    {
        var metadata = credential.Stored.Metadata;
        var (upstream, obstacle) = upstreams.Choose(metadata.Attributes);
        if (upstream is null)
        {
            return (null, obstacle);
        }

        if (!upstream.Allows(target.Method, upstream.PathFor(target.Path)))
        {
            return (
                null,
                target.Method == AllowedPath.WebSocket
                    ? BrokerProblems.NoWebSocket
                    : $"{target.Method} {target.Path} is not among the calls that the broker forwards with {metadata.Name}."
            );
        }

        using var document = JsonDocument.Parse(credential.Data.Reveal().ToArray());
        if (IsOfAnotherIssuer(metadata.Attributes, document.RootElement, upstream))
        {
            return (null, "The provider and the data of the credential contradict each other, so nothing is sent.");
        }

        return TryFindToken(metadata.Attributes, document.RootElement, out var token, out var account)
            ? (new CallPlan(caller, credential, upstream, target, token, upstream.CarriesAccount ? account : null), null)
            : (null, $"The credential {metadata.Name} has no access token or API key in a known place.");
    }

    // The file of Claude Code holds tokens of Anthropic alone, as for a refresh (ProviderCatalog).
    private static bool IsOfAnotherIssuer(CredentialAttributes attributes, JsonElement data, Upstream upstream) =>
        attributes.Type != CredentialType.ApiKey
        && !upstream.IsOfAnthropic
        && data.ValueKind == JsonValueKind.Object
        && data.TryGetProperty("claudeAiOauth", out _);

    private static bool TryFindToken(
        CredentialAttributes attributes,
        JsonElement data,
        [NotNullWhen(true)] out string? token,
        out string? account
    )
    {
        var login = AgentShape.FindLogin(data, attributes.Provider);
        account = AgentShape.FindText(login, "account_id", "accountId");
        token =
            attributes.Type == CredentialType.ApiKey
                ? AgentShape.FindText(data, "apiKey", "api_key", "OPENAI_API_KEY", "key") ?? AgentShape.FindText(login, "key")
                : AgentShape.FindAccessToken(login);
        // Nothing else may become a header: a line break would add one.
        return token is not null && token.All(static letter => letter is > ' ' and < '\x7f');
    }
}
