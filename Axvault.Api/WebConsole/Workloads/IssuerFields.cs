using System.Text.Json;
using Axvault.Api.WebConsole.Keys;
using Axvault.Client;

namespace Axvault.Api.WebConsole.Workloads;

/// <summary>The fields of an issuer's form, as texts.</summary>
/// <param name="Name">The name in this vault.</param>
/// <param name="Issuer">The exact <c>iss</c> of its tokens.</param>
/// <param name="JwksUrl">The URL of its keys; empty for discovery.</param>
/// <param name="Jwks">Its public keys; empty when they are fetched.</param>
/// <param name="Algorithms">The signature algorithms; empty for the usual ones.</param>
public sealed record IssuerFields(string Name, string Issuer, string JwksUrl, string Jwks, string Algorithms)
{
    /// <summary>Empty fields.</summary>
    internal static readonly IssuerFields Empty = new("", "", "", "", "");

    /// <summary>Returns the fields of a form.</summary>
    internal static IssuerFields Of(ConsoleVisit visit) =>
        new(
            visit.Text("name") ?? "",
            visit.Text("issuer") ?? "",
            visit.Text("jwks-url") ?? "",
            visit.Text("jwks") ?? "",
            visit.Text("algorithms") ?? ""
        );

    /// <summary>Returns the fields of an issuer.</summary>
    internal static IssuerFields Of(WorkloadIssuer issuer) =>
        new(
            issuer.Name,
            issuer.Issuer,
            issuer.JwksUrl ?? "",
            issuer.Jwks?.GetRawText() ?? "",
            RightsFields.Lines(issuer.Algorithms ?? [])
        );

    /// <summary>Returns the issuer that the form describes.</summary>
    /// <exception cref="AxvaultException">The keys are not JSON.</exception>
    internal WorkloadIssuerSettings ToSettings() =>
        new()
        {
            Issuer = Issuer,
            JwksUrl = JwksUrl.Length == 0 ? null : JwksUrl,
            Jwks = Jwks.Length == 0 ? null : Parse(Jwks),
            Algorithms = Algorithms.Length == 0 ? null : RightsFields.Split(Algorithms),
        };

    private static JsonElement Parse(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.Clone();
        }
        catch (JsonException exception)
        {
            throw new AxvaultException(AxvaultError.InvalidRequest, "The public keys are not JSON. Paste a JWK set: {\"keys\":[…]}.", exception)
            {
                Status = System.Net.HttpStatusCode.BadRequest,
            };
        }
    }
}
