using System.Net;
using System.Text.Json;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Refresh;

/// <summary>Assertions on the answer to a read, about refresh.</summary>
internal static class RefreshAnswer
{
    private const string Refreshed = "X-Axvault-Refreshed";
    private const string Failed = "X-Axvault-Refresh-Failed";

    /// <summary>Asserts that the read refreshed the tokens.</summary>
    public static Answer IsRefreshed(this Answer answer) => answer.Has(refreshed: "true", failed: null);

    /// <summary>Asserts that the read attempted or owed a refresh, which failed.</summary>
    public static Answer IsRefreshFailed(this Answer answer) => answer.Has(refreshed: null, failed: "true");

    /// <summary>Asserts that no refresh was due.</summary>
    public static Answer IsNotDue(this Answer answer) => answer.Has(refreshed: null, failed: null);

    /// <summary>Returns a token of the data.</summary>
    public static string Token(this Answer answer, string name) => answer.Json.GetProperty("data").GetProperty(name).GetString()!;

    /// <summary>Returns the refresh state in the metadata; undefined when there is none.</summary>
    public static JsonElement Refresh(this Answer answer) => answer.Json.TryGetProperty("refresh", out var refresh) ? refresh : default;

    /// <summary>Returns the status in the refresh state; <see langword="null"/> when there is none.</summary>
    public static string? Status(this Answer answer) =>
        answer.Refresh() is { ValueKind: JsonValueKind.Object } refresh ? refresh.GetProperty("status").GetString() : null;

    private static Answer Has(this Answer answer, string? refreshed, string? failed)
    {
        answer.Is(HttpStatusCode.OK);
        Assert.Equal((refreshed, failed), (answer.Headers.GetValueOrDefault(Refreshed), answer.Headers.GetValueOrDefault(Failed)));
        return answer;
    }
}
