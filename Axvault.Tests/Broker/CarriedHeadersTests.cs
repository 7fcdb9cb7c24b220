using Axvault.Api.Broker;
using Axvault.Api.Broker.Forwarding;
using Axvault.Api.Broker.Upstreams;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Axvault.Tests.Broker;

/// <summary>The headers of requests and answers, without a server.</summary>
public sealed class CarriedHeadersTests
{
    private static readonly Upstream Custom = new()
    {
        Name = "custom",
        Url = new Uri("https://custom.example.com"),
        Header = "X-Token",
        Prefix = "Key",
        Paths = [],
    };

    [Theory]
    [InlineData("close, X-Hop", "X-Hop")]
    [InlineData("x-hop", "X-Hop")]
    [InlineData("a b, \"x\", ,X.Hop!~", "X.Hop!~")]
    [InlineData("Content-Hop", "Content-Hop")]
    [InlineData("Expires", "Expires")]
    [InlineData("Allow", "Allow")]
    [InlineData("ETag", "ETag")]
    [InlineData("", "x_token")]
    [InlineData("", "X-Token")]
    [InlineData("", "PROXY_Authorization")]
    public void A_header_of_the_hop_or_a_carrier_is_removed(string connection, string name)
    {
        var request = Prepare(("Connection", connection), (name, "1"), ("X-Kept", "1"));

        Assert.Equal(name.Equals("X-Token", StringComparison.OrdinalIgnoreCase) ? "Key secret" : null, Value(request, name));
        Assert.Equal(("1", "Key secret", "identity"), (Value(request, "X-Kept"), Value(request, "X-Token"), Value(request, "Accept-Encoding")));
    }

    [Fact]
    public void The_carrier_is_set_once_also_when_connection_names_it() =>
        Assert.Equal("Key secret", Value(Prepare(("Connection", "X-Token"), ("X-Token", "other")), "X-Token"));

    [Fact]
    public void Trailers_and_headers_of_an_answer_are_cleaned_alike()
    {
        var headers = new HeaderDictionary
        {
            ["Set-Cookie"] = "a",
            ["anthropic-organization-id"] = "b",
            ["ANTHROPIC-RATELIMIT-x"] = "c",
            ["X-Hop"] = "d",
            ["grpc-status"] = "0",
        };
        CarriedHeaders.Clean(headers, ["x-hop"]);

        Assert.Equal(["grpc-status"], headers.Keys);
    }

    private static string? Value(HttpRequestMessage request, string name) =>
        request.Headers.NonValidated.TryGetValues(name, out var values) || request.Content!.Headers.NonValidated.TryGetValues(name, out values)
            ? string.Join(',', values)
            : null;

    private static HttpRequestMessage Prepare(params (string Name, string Value)[] headers)
    {
        var context = new DefaultHttpContext();
        var request = new HttpRequestMessage { Content = new ByteArrayContent([]) };
        foreach (var (name, value) in headers)
        {
            context.Request.Headers.Append(name, new StringValues(value));
            // As the forwarder copies them.
            if (name != "Connection" && !request.Headers.TryAddWithoutValidation(name, value))
            {
                request.Content.Headers.TryAddWithoutValidation(name, value);
            }
        }

        // The credential itself is not looked at.
        CarriedHeaders.Prepare(context.Request, request, new CallPlan(null!, null!, Custom, new CallTarget("GET", "/a", ""), "secret", null));
        return request;
    }
}
