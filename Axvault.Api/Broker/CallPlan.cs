using Axvault.Api.Authorization;
using Axvault.Api.Broker.Upstreams;
using Axvault.Api.Stored;

namespace Axvault.Api.Broker;

/// <summary>A call that may leave: who makes it, with which credential, and where it goes. A class, because it holds a credential.</summary>
internal sealed class CallPlan(Caller caller, OpenedCredential credential, Upstream upstream, CallTarget target, string secret, string? account)
{
    /// <summary>The caller.</summary>
    public Caller Caller { get; } = caller;

    /// <summary>The credential.</summary>
    public OpenedCredential Credential { get; } = credential;

    /// <summary>The name of the credential.</summary>
    public CredentialName Name => Credential.Stored.Metadata.Name;

    /// <summary>The upstream.</summary>
    public Upstream Upstream { get; } = upstream;

    /// <summary>The target.</summary>
    public CallTarget Target { get; } = target;

    /// <summary>The account of a ChatGPT login; <see langword="null"/> for other credentials.</summary>
    public string? Account { get; } = account;

    /// <summary>The address of the call at the upstream.</summary>
    public Uri Url { get; } =
        // The path is sent as it was checked: nothing decodes, collapses or encodes it.
        new(
            $"{upstream.Url.AbsoluteUri.TrimEnd('/')}{upstream.PathFor(target.Path)}{target.Query}",
            new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }
        );

    /// <summary>Returns the token or key that the call carries.</summary>
    public string Reveal() => secret;

    /// <inheritdoc />
    public override string ToString() => $"{Target.Method} {Target.Path} with {Name}";
}
