using Axvault.Client.Agents;

namespace Axvault.Api.Refresh.Providers;

/// <summary>The names of providers. Case and punctuation do not matter. The name of an agent stands for its provider.</summary>
internal static class ProviderName
{
    /// <summary>Returns the normal form of <paramref name="name"/>: lower case, underscores for other characters, aliases resolved.</summary>
    public static string Normalize(string name) => IssuerName.Normalize(name);

    /// <summary>Returns the form of <paramref name="name"/> in the name of a variable.</summary>
    public static string ToVariable(string name) => name.ToUpperInvariant();
}
