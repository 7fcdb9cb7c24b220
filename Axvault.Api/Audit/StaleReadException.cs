namespace Axvault.Api.Audit;

/// <summary>A cached row that decided a request has changed. Nothing was recorded, and nothing may be answered: the request is decided again.</summary>
internal sealed class StaleReadException() : Exception("A cached row that decided the request has changed.");
