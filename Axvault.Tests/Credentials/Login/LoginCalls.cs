using System.Net;
using System.Text.Json;
using Axvault.Tests.Harness.Provider;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Credentials.Login;

/// <summary>The calls of a login.</summary>
internal static class LoginCalls
{
    /// <summary>Begins a login by a flow.</summary>
    public static async Task<JsonElement> BeginAsync(VaultClient client, string name, string flow)
    {
        var login = (await client.PostAsync($"credentials/{name}/login", new { flow })).Is(HttpStatusCode.OK).Json;
        Assert.Equal(flow, login.GetProperty("flow").GetString());
        return login;
    }

    /// <summary>Finishes a login, and returns the answer of any status.</summary>
    public static Task<Answer> FinishRawAsync(VaultClient client, string name, JsonElement login, string? answer = null) =>
        client.PostAsync(
            $"credentials/{name}/login/finish",
            answer is null ? new { login = login.GetProperty("login").GetString() } : (object)new { login = login.GetProperty("login").GetString(), answer }
        );

    /// <summary>Finishes a login, and returns its state.</summary>
    public static async Task<string> FinishAsync(VaultClient client, string name, JsonElement login, string? answer = null) =>
        (await FinishRawAsync(client, name, login, answer)).Is(HttpStatusCode.OK).Json.GetProperty("status").GetString()!;

    /// <summary>Returns <see langword="true"/> when a request has the code of <paramref name="address"/>; otherwise <see langword="false"/>.</summary>
    public static bool IsFor(ProxiedRequest request, Uri address) =>
        request.Parameters.GetValueOrDefault("code") is { } code && address.Query.Contains(Uri.EscapeDataString(code), StringComparison.Ordinal);
}
