using Axvault.Api.WebConsole.Layout;
using Axvault.Client;

namespace Axvault.Api.WebConsole.Workloads;

/// <summary>The rules and issuers.</summary>
/// <param name="Frame">The frame.</param>
/// <param name="Rules">The rules.</param>
/// <param name="Issuers">The issuers.</param>
public sealed record WorkloadListModel(PageFrame Frame, IReadOnlyList<WorkloadRule> Rules, IReadOnlyList<WorkloadIssuer> Issuers);

/// <summary>The form of a rule.</summary>
/// <param name="Fields">The fields.</param>
/// <param name="Issuers">The names of the issuers to choose from.</param>
/// <param name="IsNew"><see langword="true"/> for a new rule; otherwise <see langword="false"/>.</param>
public sealed record RuleFormModel(RuleFields Fields, IReadOnlyList<string> Issuers, bool IsNew);

/// <summary>The page of a new rule.</summary>
/// <param name="Frame">The frame.</param>
/// <param name="Form">The form.</param>
/// <param name="Failure">The refusal of the form; <see langword="null"/> for none.</param>
public sealed record RuleNewModel(PageFrame Frame, RuleFormModel Form, FormFailure? Failure);

/// <summary>A rule, with its dry run and the forms of its changes.</summary>
/// <param name="Frame">The frame.</param>
/// <param name="Rule">The rule.</param>
/// <param name="Rights">The rights of its keys, in words.</param>
/// <param name="Form">The form of a change.</param>
/// <param name="Test">The result of a dry run; <see langword="null"/> before one.</param>
public sealed record RuleDetailModel(PageFrame Frame, WorkloadRule Rule, IReadOnlyList<string> Rights, RuleFormModel Form, WorkloadRuleTest? Test);

/// <summary>The page of a new issuer.</summary>
/// <param name="Frame">The frame.</param>
/// <param name="Fields">The fields.</param>
/// <param name="Failure">The refusal of the form; <see langword="null"/> for none.</param>
public sealed record IssuerNewModel(PageFrame Frame, IssuerFields Fields, FormFailure? Failure);

/// <summary>An issuer, with the forms of its changes.</summary>
/// <param name="Frame">The frame.</param>
/// <param name="Issuer">The issuer.</param>
/// <param name="Fields">The fields of a change.</param>
public sealed record IssuerDetailModel(PageFrame Frame, WorkloadIssuer Issuer, IssuerFields Fields);
