using System.Net;
using System.Text.Json;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Audit;

/// <summary>Reads audit entries through the API.</summary>
internal static class ListedEntries
{
    /// <summary>Returns a text member of <paramref name="entry"/>, or <c>null</c> when it is absent.</summary>
    public static string? Text(JsonElement entry, string name) => entry.TryGetProperty(name, out var value) ? value.GetString() : null;

    /// <summary>Returns the place of <paramref name="entry"/> in the log: time, lane and number.</summary>
    public static (DateTimeOffset At, long Lane, long Sequence) Place(JsonElement entry) =>
        (entry.GetProperty("at").GetDateTimeOffset(), entry.GetProperty("lane").GetInt64(), entry.GetProperty("sequence").GetInt64());

    /// <summary>Returns the entries of an export in JSON lines.</summary>
    public static IEnumerable<JsonElement> Lines(string export) =>
        export
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(static line =>
            {
                using var document = JsonDocument.Parse(line);
                return document.RootElement.Clone();
            });

    /// <summary>Exports the entries that match <paramref name="query"/> as JSON lines.</summary>
    public static async Task<string> ExportAsync(this VaultFixture vault, string query)
    {
        using var http = new HttpClient { BaseAddress = vault.Server.Address };
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/audit{query}");
        request.Headers.TryAddWithoutValidation("Accept", "application/x-ndjson");
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {vault.Admin.Secret}");
        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal("application/x-ndjson", response.Content.Headers.ContentType!.MediaType);
        return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Lists all entries that match <paramref name="query"/>, in pages of <paramref name="limit"/>.</summary>
    public static async Task<List<JsonElement>> AllEntriesAsync(this VaultClient admin, string query, int limit)
    {
        var all = new List<JsonElement>();
        for (string? cursor = null; ;)
        {
            var page = (await admin.GetAsync($"audit?{query}&limit={limit}{(cursor is null ? "" : $"&cursor={cursor}")}")).Is(HttpStatusCode.OK).Json;
            all.AddRange(page.GetProperty("entries").EnumerateArray());
            if (!page.TryGetProperty("nextCursor", out var next))
            {
                return all;
            }

            cursor = next.GetString();
        }
    }
}
