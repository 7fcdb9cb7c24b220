using Axvault.Api.WebConsole.Credentials;
using Axvault.Api.WebConsole.Layout;
using Axvault.Client;

namespace Axvault.Api.WebConsole.Overview;

/// <summary>The first page.</summary>
/// <param name="Frame">The frame.</param>
/// <param name="Numbers">The credentials in numbers.</param>
/// <param name="Failing">The credentials that need someone, the most urgent first.</param>
/// <param name="Vault">Facts for administrators; <see langword="null"/> for other keys.</param>
/// <param name="Now">The present time.</param>
public sealed record OverviewModel(
    PageFrame Frame,
    VaultOverview Numbers,
    IReadOnlyList<FailingCredential> Failing,
    VaultFacts? Vault,
    DateTimeOffset Now
);

/// <summary>A credential that needs someone.</summary>
/// <param name="Credential">The credential.</param>
/// <param name="Health">Its health.</param>
public sealed record FailingCredential(Credential Credential, CredentialHealth Health);

/// <summary>Facts about the vault that administrators see.</summary>
/// <param name="KeysEndingSoon">The number of keys that end within a week.</param>
/// <param name="Fleet">The servers and the audit log.</param>
public sealed record VaultFacts(int KeysEndingSoon, VaultFleet Fleet);
