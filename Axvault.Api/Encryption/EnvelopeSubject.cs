namespace Axvault.Api.Encryption;

/// <summary>
/// The columns beside an envelope that say what its data is, where it is sent and when, and how often it was written. The envelope of a credential is bound
/// to them.
/// </summary>
/// <param name="Type">The type of the credential.</param>
/// <param name="Agent">The agent; <see langword="null"/> when it names none.</param>
/// <param name="Provider">The provider; <see langword="null"/> when it names none.</param>
/// <param name="ExpiresAt">The expiry of the access token; <see langword="null"/> when it has none.</param>
/// <param name="Revision">The revision of the version: 1 after its put.</param>
internal sealed record EnvelopeSubject(string Type, string? Agent, string? Provider, DateTimeOffset? ExpiresAt, long Revision);
