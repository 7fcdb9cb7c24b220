using System.Net;
using System.Text.Json;
using Axvault.Tests.Server;

namespace Axvault.Tests.Refresh;

/// <summary>What an answer to a read says about refresh.</summary>
internal static class RefreshAnswer
{
    private const string Refreshed = "X-Axvault-Refreshed";
    private const string Failed = "X-Axvault-Refresh-Failed";

    /// <summary>Expects that the read has refreshed the tokens.</summary>
    public static Answer IsRefreshed(this Answer answer) => answer.Has(refreshed: "true", failed: null);

    /// <summary>Expects that the read was to refresh the tokens, and could not.</summary>
    public static Answer IsRefreshFailed(this Answer answer) => answer.Has(refreshed: null, failed: "true");

    /// <summary>Expects that no refresh was due.</summary>
    public static Answer IsNotDue(this Answer answer) => answer.Has(refreshed: null, failed: null);

    /// <summary>A token in the data.</summary>
    public static string Token(this Answer answer, string name) => answer.Json.GetProperty("data").GetProperty(name).GetString()!;

    /// <summary>What the metadata say of refresh; undefined when nothing.</summary>
    public static JsonElement Refresh(this Answer answer) => answer.Json.TryGetProperty("refresh", out var refresh) ? refresh : default;

    /// <summary>The status of refresh.</summary>
    public static string? Status(this Answer answer) => answer.Refresh() is { ValueKind: JsonValueKind.Object } refresh ? refresh.GetProperty("status").GetString() : null;

    private static Answer Has(this Answer answer, string? refreshed, string? failed)
    {
        answer.Is(HttpStatusCode.OK);
        Assert.Equal((refreshed, failed), (answer.Headers.GetValueOrDefault(Refreshed), answer.Headers.GetValueOrDefault(Failed)));
        return answer;
    }
}
