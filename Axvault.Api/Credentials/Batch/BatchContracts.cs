using System.Text.Json.Serialization;
using Axvault.Api.Authorization;
using Axvault.Api.Http;

namespace Axvault.Api.Credentials.Batch;

/// <summary>The credentials to read.</summary>
internal sealed class BatchReadRequest
{
    /// <summary>The greatest number of names.</summary>
    public const int MaxNames = 100;

    private static readonly string Rule = $"must be 1 to {MaxNames} names, each once, of which each {CredentialName.Rule}";

    /// <summary>The names, each once.</summary>
    public IReadOnlyList<string?>? Names { get; init; }

    /// <summary>Checks the names.</summary>
    public bool TryValidate(FieldErrors errors, out List<CredentialName> names)
    {
        names = [];
        if (Names is not { Count: >= 1 and <= MaxNames })
        {
            errors.Report("names", Rule);
            return false;
        }

        foreach (var text in Names)
        {
            if (!CredentialName.TryParse(text, out var name))
            {
                errors.Report("names", Rule);
                return false;
            }

            names.Add(name);
        }

        if (names.Distinct().Count() < names.Count)
        {
            errors.Report("names", Rule);
        }

        return errors.Count == 0;
    }
}

// A class, because the ToString of a record would print the data.
/// <summary>The outcome of reading one credential: the same as of a call for it alone.</summary>
internal sealed class BatchReadOutcome
{
    /// <summary>The credential's name.</summary>
    public required string Name { get; init; }

    /// <summary>The status of a call for it alone.</summary>
    public required int Status { get; init; }

    /// <summary>With 200: the credential's entity tag.</summary>
    public string? Etag { get; init; }

    /// <summary>With 200: <c>true</c> when a refresh was due and the tokens are new; otherwise absent.</summary>
    public bool? Refreshed { get; init; }

    /// <summary>With 200: <c>true</c> when a due refresh failed; otherwise absent.</summary>
    public bool? RefreshFailed { get; init; }

    /// <summary>With 200: the credential.</summary>
    public CredentialResponse? Credential { get; init; }

    /// <summary>With any other status: the kind of the refusal.</summary>
    public string? Error { get; init; }

    /// <summary>With any other status: a sentence for people.</summary>
    public string? Detail { get; init; }
}

/// <summary>The outcomes of the reads.</summary>
/// <param name="Credentials">An outcome for each name, in the order of the request.</param>
internal sealed record BatchReadResponse(IReadOnlyList<BatchReadOutcome> Credentials);

/// <summary>The JSON form of the bodies of this folder.</summary>
[JsonSerializable(typeof(BatchReadRequest))]
[JsonSerializable(typeof(BatchReadResponse))]
[JsonSerializable(typeof(BatchReadOutcome))]
internal sealed partial class BatchJsonContext : JsonSerializerContext;
