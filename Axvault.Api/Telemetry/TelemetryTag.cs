namespace Axvault.Api.Telemetry;

/// <summary>The names of attributes that more than one part of the server uses.</summary>
internal static class TelemetryTag
{
    /// <summary>The code of a failure, or the type of its exception.</summary>
    /// <remarks>https://opentelemetry.io/docs/specs/semconv/registry/attributes/error/</remarks>
    public const string ErrorType = "error.type";

    /// <summary>The provider that issued the tokens.</summary>
    public const string Provider = "axvault.provider";

    /// <summary>The credential's name.</summary>
    public const string CredentialName = "axvault.credential.name";
}
