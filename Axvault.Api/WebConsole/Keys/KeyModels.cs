using Axvault.Api.WebConsole.Layout;
using Axvault.Client;

namespace Axvault.Api.WebConsole.Keys;

/// <summary>The list of keys.</summary>
/// <param name="Frame">The frame.</param>
/// <param name="Keys">The keys.</param>
/// <param name="WithIssued"><see langword="true"/> when the keys of workloads are among them; otherwise <see langword="false"/>.</param>
/// <param name="Now">The present time.</param>
public sealed record KeyListModel(PageFrame Frame, IReadOnlyList<ApiKey> Keys, bool WithIssued, DateTimeOffset Now);

/// <summary>The form of a new key.</summary>
/// <param name="Frame">The frame.</param>
/// <param name="Fields">The fields.</param>
/// <param name="Failure">The refusal of the form; <see langword="null"/> for none.</param>
public sealed record KeyNewModel(PageFrame Frame, KeyFields Fields, FormFailure? Failure);

/// <summary>A key with its new secret, shown once.</summary>
/// <param name="Frame">The frame.</param>
/// <param name="Key">The key.</param>
/// <param name="Secret">The secret.</param>
/// <param name="Rights">The rights, in words.</param>
public sealed record KeySecretModel(PageFrame Frame, ApiKey Key, string Secret, IReadOnlyList<string> Rights);

/// <summary>A key, with the forms of its changes.</summary>
/// <param name="Frame">The frame.</param>
/// <param name="Key">The key.</param>
/// <param name="Rights">The rights, in words.</param>
/// <param name="Fields">The fields of the change.</param>
/// <param name="Failure">The refusal of the form; <see langword="null"/> for none.</param>
/// <param name="Now">The present time.</param>
public sealed record KeyDetailModel(
    PageFrame Frame,
    ApiKey Key,
    IReadOnlyList<string> Rights,
    KeyFields Fields,
    FormFailure? Failure,
    DateTimeOffset Now
);
