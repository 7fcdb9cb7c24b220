using Axvault.Api.Refresh.Providers;
using Axvault.Api.WebConsole.Layout;
using Axvault.Client;

namespace Axvault.Api.WebConsole.Logins;

/// <summary>The ways to a new login of a credential: through the vault, or by the agent's own commands.</summary>
/// <param name="Frame">The frame.</param>
/// <param name="Credential">The credential.</param>
/// <param name="Flows">The flows that the server's settings allow.</param>
public sealed record LoginWaysModel(PageFrame Frame, Credential Credential, LoginFlows Flows)
{
    /// <summary>The sentence for a credential without such a flow.</summary>
    internal string Hint =>
        Flows.Provider is not { } provider ? "The vault cannot log in for you, for it knows no provider of this credential."
        : ProviderDefaults.Has(provider) ? $"{provider} keeps logins to its own clients, so the vault does not log in for you. This is the way to a new one:"
        : $"The vault can log in at {provider} when its settings have AXVAULT_OAUTH_{ProviderName.ToVariable(provider)}_DEVICE_URL or _AUTHORIZE_URL.";
}

/// <summary>A login that has begun, for the session that began it.</summary>
/// <param name="Frame">The frame.</param>
/// <param name="Name">The name of the credential.</param>
/// <param name="Login">The login, as the vault began it.</param>
/// <param name="Draft">The same, sealed for the session.</param>
/// <param name="Interval">The time between two questions to the provider, in seconds.</param>
/// <param name="Failure">The refusal of what was pasted, or of the provider; <see langword="null"/> for none.</param>
/// <param name="HasEnded"><see langword="true"/> when only another login helps; otherwise <see langword="false"/>.</param>
public sealed record LoginBegunModel(PageFrame Frame, string Name, BegunLogin Login, string Draft, int Interval, FormFailure? Failure, bool HasEnded)
{
    /// <summary>The path of the login's pages.</summary>
    public string Path => $"/console/credentials/{Uri.EscapeDataString(Name)}/login";
}
