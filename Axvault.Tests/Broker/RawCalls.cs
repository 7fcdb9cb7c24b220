using System.Text;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Broker;

/// <summary>Requests to the broker that are sent exactly as a test writes them.</summary>
internal static class RawCalls
{
    /// <summary>Puts an API key of <paramref name="provider"/>, and makes a key that may use it.</summary>
    public static async Task<(string Name, string Key)> PrepareAsync(this BrokerFixture broker, string provider)
    {
        var name = await broker.PutAsync(provider, "api-key", """{"apiKey":"the-token"}""");
        return (name, (await broker.UserKeyAsync([name])).Secret);
    }

    /// <summary>Sends one request, and returns everything until the connection ends.</summary>
    /// <param name="broker">The fixture.</param>
    /// <param name="key">The key in <c>Authorization</c>; <see langword="null"/> for none.</param>
    /// <param name="line">The request line.</param>
    /// <param name="header">More header lines.</param>
    /// <param name="host">The line of the host.</param>
    /// <param name="body">The body; <see langword="null"/> for none.</param>
    public static Task<string> SendAsync(
        this BrokerFixture broker,
        string? key,
        string line,
        string? header = null,
        string host = "Host: vault",
        string? body = "{}"
    )
    {
        var request = new StringBuilder($"{line}\r\n{host}\r\nX-Mark: {Mark(line)}\r\n");
        if (key is not null)
        {
            request.Append($"Authorization: Bearer {key}\r\n");
        }

        if (header is not null)
        {
            request.Append($"{header}\r\n");
        }

        if (header?.Contains("Connection: close", StringComparison.Ordinal) != true)
        {
            request.Append("Connection: close\r\n");
        }

        if (body is not null)
        {
            request.Append($"Content-Type: application/json\r\nContent-Length: {body.Length}\r\n");
        }

        return RawHttp.ExchangeAsync(broker.Server.Address, Encoding.Latin1.GetBytes($"{request}\r\n{body}"));
    }

    private static string Mark(string line) => line.Split('/') is [_, "broker", var name, ..] ? name : "none";
}
