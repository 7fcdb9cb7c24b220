using System.Net;
using Axvault.Tests.Harness.Servers;
using CsCheck;

namespace Axvault.Tests.Properties;

/// <summary>One sequence of calls: the model, and the part of the server under one prefix.</summary>
internal sealed class ModelRun(VaultClient admin, string prefix)
{
    public VaultModel Model { get; } = new();

    public ModelKey Key(int index) => Model.Keys[index % Model.Keys.Count];

    public string Of(string text) => text.Replace("~", prefix, StringComparison.Ordinal);

    public string[]? Of(string[]? entries) => entries?.Select(Of).Distinct().ToArray();

    public async Task AddKeyAsync(string[] read, string[] write, string[] grant)
    {
        var access = new ModelAccess(Of(read)!, Of(write)!, Of(grant)!);
        var created = await admin.CreateKeyAsync(access.Read, access.Write, access.Grant);
        Model.Add(new ModelKey(created.Id, created.Secret, access));
    }

    public Task<Answer> CallAsync(ModelKey caller, Func<VaultClient, Task<Answer>> call, int expected) => CallAsync(caller.Secret, call, expected);

    public async Task<Answer> CallAsync(string secret, Func<VaultClient, Task<Answer>> call, int expected)
    {
        using var client = admin.With(secret);
        var answer = await call(client);
        answer.Is((HttpStatusCode)expected);
        return answer;
    }

    // The members of a request body: a null expiry removes it, and no networks means any network.
    public static (string? ExpiresAt, string[] AllowedCidrs) Bodies(ModelLimit limit) =>
        limit switch
        {
            ModelLimit.Far => ("2099-01-01T00:00:00.000Z", []),
            ModelLimit.Past => ("2020-01-01T00:00:00.000Z", []),
            ModelLimit.Here => (null, ["127.0.0.0/8"]),
            ModelLimit.Elsewhere => (null, ["192.0.2.0/24", "2001:db8::/32"]),
            _ => (null, []),
        };

    public async Task VerifyAsync()
    {
        var listed = (await admin.GetAsync("credentials"))
            .Json.GetProperty("credentials")
            .EnumerateArray()
            .Select(static credential => credential.GetProperty("name").GetString()!);
        Assert.Equal(Model.Credentials.Keys, listed.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)));
        foreach (var (name, data) in Model.Credentials)
        {
            Assert.Equal(data, (await admin.GetAsync($"credentials/{name}")).Raw("data"));
        }
    }

    /// <summary>Returns the ids of the kept states of <paramref name="name"/>, newest first, and verifies that they hold what the model expects.</summary>
    public async Task<List<string>> VersionsAsync(string name)
    {
        var answer = await admin.GetAsync($"credentials/{name}/versions");
        List<string> ids =
            answer.Status == HttpStatusCode.NotFound
                ? []
                : [.. answer.Json.GetProperty("versions").EnumerateArray().Select(static version => version.GetProperty("version").GetString()!)];
        List<string> kept = [];
        foreach (var id in ids)
        {
            kept.Add((await admin.GetAsync($"credentials/{name}/versions/{id}")).Raw("data"));
        }

        Assert.Equal(Model.Kept(name), kept);
        return ids;
    }

    public async Task RemoveAsync()
    {
        foreach (var name in Model.Credentials.Keys)
        {
            await admin.DeleteAsync($"credentials/{name}?purge=true");
        }
    }
}
