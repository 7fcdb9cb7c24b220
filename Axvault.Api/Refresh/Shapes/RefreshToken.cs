namespace Axvault.Api.Refresh.Shapes;

/// <summary>A refresh token (RFC 6749 §1.5). Never printed.</summary>
internal sealed class RefreshToken(string value)
{
    /// <summary>Returns the token, for the provider alone.</summary>
    public string Reveal() => value;

    /// <inheritdoc />
    public override string ToString() => "…";
}
