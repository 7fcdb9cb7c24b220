using System.Net;
using System.Text.Json;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Credentials.Versions;

/// <summary>Reads the kept versions of credentials through the API.</summary>
internal static class KeptVersions
{
    /// <summary>Returns the versions of the credential <paramref name="name"/>, newest first.</summary>
    public static async Task<List<JsonElement>> VersionsAsync(this VaultClient client, string name) =>
        [.. (await client.GetAsync($"credentials/{name}/versions")).Is(HttpStatusCode.OK).Json.GetProperty("versions").EnumerateArray()];

    /// <summary>Returns the member <c>n</c> in the data of each version of <paramref name="name"/>, newest first.</summary>
    public static async Task<List<int>> NumbersAsync(this VaultClient client, string name)
    {
        var numbers = new List<int>();
        foreach (var version in await client.VersionsAsync(name))
        {
            numbers.Add(
                (await client.GetAsync($"credentials/{name}/versions/{Text(version, "version")}"))
                    .Is(HttpStatusCode.OK)
                    .Json.GetProperty("data")
                    .GetProperty("n")
                    .GetInt32()
            );
        }

        return numbers;
    }

    /// <summary>Returns the number of versions of the credential <paramref name="name"/>: the current one and the kept ones.</summary>
    public static Task<long> CountAsync(this VaultFixture vault, string name) =>
        DatabaseContents.ScalarAsync<long>(
            vault.ConnectionString,
            $"select count(*) from axvault.credential_version where name = '{name}'"
        );

    /// <summary>Returns a text member of <paramref name="element"/>, or <c>null</c> when it is absent.</summary>
    public static string? Text(JsonElement element, string member) => element.TryGetProperty(member, out var value) ? value.GetString() : null;
}
