using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.RateLimits;

/// <summary>The settings of servers with rate limits, and calls and assertions on refusals.</summary>
internal static partial class RateLimitCalls
{
    public const string Key = "AXVAULT_RATE_LIMIT_KEY";
    public const string Address = "AXVAULT_RATE_LIMIT_ADDRESS";
    public const string Failures = "AXVAULT_AUTH_FAILURE_LIMIT";
    public const string Proxies = "AXVAULT_TRUSTED_PROXIES";
    /// <summary>A malformed secret.</summary>
    public const string Malformed = "axv_sk_malformed";

    public static Task<VaultServer> StartAsync(TestDatabase database, params (string Name, string Value)[] variables) =>
        VaultServer.StartAsync(
            new ServerSettings(database.ConnectionString)
            {
                Variables = variables.ToDictionary(static variable => variable.Name, static variable => variable.Value),
            }
        );

    /// <summary>Sends a GET as if through a proxy, with the client's address.</summary>
    public static Task<Answer> From(VaultClient client, string address, string path) =>
        client.SendAsync(HttpMethod.Get, path, headers: headers => headers.TryAddWithoutValidation("X-Forwarded-For", address));

    /// <summary>Repeats a call until it is refused, and returns the refusal.</summary>
    public static async Task<Answer> RefusedAsync(VaultClient client, bool fail = false)
    {
        for (var i = 0; i < 60; i++)
        {
            var answer = await client.GetAsync("credentials");
            if (answer.Status == HttpStatusCode.TooManyRequests)
            {
                return answer;
            }

            answer.Is(fail ? HttpStatusCode.Unauthorized : HttpStatusCode.OK);
        }

        throw new Xunit.Sdk.XunitException("No call was refused.");
    }

    /// <summary>Asserts a 429 that names the limit and tells the wait.</summary>
    public static Answer IsLimited(Answer answer, string what)
    {
        Assert.Contains(what, answer.IsProblem(HttpStatusCode.TooManyRequests, "rate-limited"), StringComparison.Ordinal);
        Assert.Matches(WholeSeconds(), answer.Headers["Retry-After"]);
        return answer;
    }

    /// <summary>Returns the wait of a refusal, in seconds.</summary>
    public static int Seconds(Answer answer) => int.Parse(answer.Headers["Retry-After"], CultureInfo.InvariantCulture);

    public static string Reason(JsonElement entry) => entry.GetProperty("reason").GetString()!;

    [GeneratedRegex("^[1-9][0-9]*$")]
    private static partial Regex WholeSeconds();
}
