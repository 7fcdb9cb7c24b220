namespace Axvault.Api.Credentials;

/// <summary>When a credential that was put was first, and is now last, written.</summary>
internal sealed record PutResult(DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);
