namespace Axvault.Api.Federation.KeySets;

/// <summary>The keys of an issuer could not be fetched. The message has the reason, for those who administer the issuer.</summary>
internal sealed class KeySetException(string reason, Exception? cause = null) : Exception(reason, cause);
