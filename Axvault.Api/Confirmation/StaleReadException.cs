namespace Axvault.Api.Confirmation;

/// <summary>What a request was decided by, from memory, is not what is stored any more. Nothing was recorded and nothing may be answered: it is decided anew.</summary>
internal sealed class StaleReadException() : Exception("What the request was decided by has changed.");
