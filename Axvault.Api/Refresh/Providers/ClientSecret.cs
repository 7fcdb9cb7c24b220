namespace Axvault.Api.Refresh.Providers;

/// <summary>The secret of an OAuth client (RFC 6749 §2.3.1). Never printed.</summary>
internal sealed class ClientSecret(string value)
{
    /// <summary>Returns the secret, for the provider alone.</summary>
    public string Reveal() => value;

    /// <inheritdoc />
    public override string ToString() => "…";
}
