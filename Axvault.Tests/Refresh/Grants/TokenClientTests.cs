using System.Diagnostics;
using System.Reflection;
using System.Text;
using Axvault.Api.Refresh.Grants;
using Axvault.Api.Refresh.Providers;
using Axvault.Api.Refresh.Shapes;
using static Axvault.Tests.Refresh.Grants.TokenClientCalls;

namespace Axvault.Tests.Refresh.Grants;

/// <summary>The requests of the token client, byte for byte, and their connections.</summary>
public sealed class TokenClientTests
{
    [Fact]
    public async Task A_refresh_is_sent_as_a_form_by_RFC_6749()
    {
        await using var stub = ProviderStub.Answering(200, Granted);
        var result = await SendAsync(ProviderAt(stub.Url));
        Assert.True(result.IsGranted, result.ToString());
        Assert.Equal(("a", "r", TimeSpan.FromHours(1)), (result.Issued.AccessToken, result.Issued.RefreshToken, result.Issued.ExpiresIn));

        var (header, body) = Split(Assert.Single(stub.Requests).Request);
        Assert.Equal("grant_type=refresh_token&refresh_token=1%2F%2F0r%2B%2F%3D%26%3F%25%22%5C+%C3%A9&client_id=app_1%2F%C3%A9", body);
        Assert.Equal("POST /oauth/token?tenant=1 HTTP/1.1", header[0]);
        Assert.Equal(
            [
                "Accept: application/json",
                "Content-Length: " + body.Length,
                "Content-Type: application/x-www-form-urlencoded",
                "Host: " + stub.Url.Authority,
                "User-Agent: axvault/" + typeof(TokenClient).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion,
            ],
            header.Skip(1).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task No_trace_header_or_baggage_is_sent_to_the_provider()
    {
        using var request = new Activity("request").SetIdFormat(ActivityIdFormat.W3C).AddBaggage("client", "says");
        request.TraceStateString = "client=says";
        request.Start();
        await using var stub = ProviderStub.Answering(200, Granted);
        await SendAsync(ProviderAt(stub.Url));

        var (header, _) = Split(Assert.Single(stub.Requests).Request);
        Assert.Equal(
            ["Accept", "Content-Length", "Content-Type", "Host", "User-Agent"],
            header.Skip(1).Select(static line => line.Split(':')[0]).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task A_refresh_is_sent_as_JSON_when_configured()
    {
        await using var stub = ProviderStub.Answering(200, Granted);
        Assert.True(
            (await SendAsync(ProviderAt(stub.Url) with { Encoding = GrantEncoding.Json, ClientSecret = new ClientSecret("s<>&'"), Scope = "a b" })).IsGranted
        );

        var (header, body) = Split(Assert.Single(stub.Requests).Request);
        Assert.Contains("Content-Type: application/json", header);
        using var json = System.Text.Json.JsonDocument.Parse(body);
        Assert.Equal(
            [("grant_type", "refresh_token"), ("refresh_token", Token), ("client_id", "app_1/é"), ("client_secret", "s<>&'"), ("scope", "a b")],
            json.RootElement.EnumerateObject().Select(static member => (member.Name, member.Value.GetString()!))
        );
    }

    [Fact]
    public async Task A_secret_and_a_scope_are_sent_in_the_form()
    {
        await using var stub = ProviderStub.Answering(200, Granted);
        await SendAsync(ProviderAt(stub.Url) with { ClientSecret = new ClientSecret("s=&+ é"), Scope = "a b/c" });
        var (header, body) = Split(Assert.Single(stub.Requests).Request);
        Assert.EndsWith("&client_id=app_1%2F%C3%A9&client_secret=s%3D%26%2B+%C3%A9&scope=a+b%2Fc", body, StringComparison.Ordinal);
        Assert.DoesNotContain(header, static line => line.StartsWith("Authorization", StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("app", "secret", "app:secret")]
    [InlineData("a:b c", "p:w+%/é&=", "a%3Ab+c:p%3Aw%2B%25%2F%C3%A9%26%3D")]
    [InlineData("日本", "\"\\\u007f", "%E6%97%A5%E6%9C%AC:%22%5C%7F")]
    public async Task Basic_sends_id_and_secret_form_encoded_in_the_header_alone(string clientId, string secret, string credentials)
    {
        foreach (var encoding in new[] { GrantEncoding.Form, GrantEncoding.Json })
        {
            await using var stub = ProviderStub.Answering(200, Granted);
            await SendAsync(
                ProviderAt(stub.Url) with
                {
                    ClientId = clientId,
                    ClientSecret = new ClientSecret(secret),
                    Authentication = ClientAuthentication.Basic,
                    Encoding = encoding,
                }
            );
            var (header, body) = Split(Assert.Single(stub.Requests).Request);
            Assert.Contains("Authorization: Basic " + Convert.ToBase64String(Encoding.ASCII.GetBytes(credentials)), header);
            Assert.DoesNotContain("client_secret", body, StringComparison.Ordinal);
            Assert.Contains("client_id", body, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Each_request_opens_a_new_connection_despite_keep_alive()
    {
        await using var stub = ProviderStub.Answering(200, Granted, "Connection: keep-alive\r\nKeep-Alive: timeout=60\r\nSet-Cookie: session=1; Path=/\r\n");
        using var client = new TokenClient(TimeProvider.System);
        for (var i = 0; i < 5; i++)
        {
            Assert.True((await client.RequestAsync(ProviderAt(stub.Url), TokenGrant.Of(new RefreshToken(Token)), Long)).IsGranted);
        }

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => client.RequestAsync(ProviderAt(stub.Url), TokenGrant.Of(new RefreshToken(Token)), Long)));
        Assert.Equal((25, 25), (stub.Requests.Count, stub.Requests.Select(static request => request.Connection).Distinct().Count()));
        Assert.DoesNotContain(stub.Requests, static request => request.Request.Contains("\r\nCookie:", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task A_provider_that_drops_every_other_request_gets_each_once()
    {
        var served = 0;
        await using var stub = new ProviderStub(
            async (stream, socket, stopping) =>
            {
                if (Interlocked.Increment(ref served) % 2 == 0)
                {
                    socket.Close();
                    return;
                }

                await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {Granted.Length}\r\n\r\n{Granted}"), stopping);
            }
        );
        using var client = new TokenClient(TimeProvider.System);
        for (var i = 0; i < 10; i++)
        {
            var result = await client.RequestAsync(ProviderAt(stub.Url), TokenGrant.Of(new RefreshToken(Token)), Long);
            Assert.Equal(i % 2 == 0 ? null : FailureClass.Unknown, result.Failure);
        }

        Assert.Equal((10, 10), (stub.Requests.Count, stub.Connections));
    }
}
