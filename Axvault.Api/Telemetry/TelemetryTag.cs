namespace Axvault.Api.Telemetry;

/// <summary>The names of attributes that more than one part of the server uses.</summary>
internal static class TelemetryTag
{
    /// <summary>What failed: a code, or the type of an exception. https://opentelemetry.io/docs/specs/semconv/registry/attributes/error/</summary>
    public const string ErrorType = "error.type";

    /// <summary>The provider that issued the tokens.</summary>
    public const string Provider = "axvault.provider";

    /// <summary>The credential's name.</summary>
    public const string CredentialName = "axvault.credential.name";
}
