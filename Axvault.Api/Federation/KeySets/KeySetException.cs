namespace Axvault.Api.Federation.KeySets;

/// <summary>An issuer did not give what it should. The message has the reason, for those who administer the issuer.</summary>
internal sealed class KeySetException(string reason, Exception? cause = null) : Exception(reason, cause);
