using System.Buffers.Text;
using Axvault.Api.Refresh.Shapes;
using CsCheck;

namespace Axvault.Tests.Refresh.Shapes;

public sealed class JwtExpiryTests
{
    [Theory]
    [InlineData("""{"exp":1772370000,"iat":1772366400}""", 1772370000L, 1772366400L)]
    [InlineData("""{ "sub":"é", "e\u0078p" : 1.77237e9 }""", 1772370000L, null)]
    [InlineData("""{"exp":1772370000.9}""", 1772370000L, null)]
    [InlineData("""{"exp":253402300799}""", 253402300799L, null)]
    [InlineData("""{"exp":1,"exp":2}""", 2L, null)]
    [InlineData("""{"\ud800":1,"exp":5,"iat":4}""", 5L, 4L)]
    [InlineData("""{"exp":253402300800}""", null, null)]
    [InlineData("""{"exp":1e400}""", null, null)]
    [InlineData("""{"exp":0}""", null, null)]
    [InlineData("""{"exp":-1}""", null, null)]
    [InlineData("""{"exp":"1772370000"}""", null, null)]
    [InlineData("""{"exp":null}""", null, null)]
    [InlineData("""{"exp":[1]}""", null, null)]
    [InlineData("""{"nested":{"exp":1}}""", null, null)]
    [InlineData("""{}""", null, null)]
    [InlineData("""[1]""", null, null)]
    [InlineData("1", null, null)]
    [InlineData("""{"exp":1772370000""", null, null)]
    [InlineData("""{"exp":1}x""", null, null)]
    [InlineData("not JSON", null, null)]
    public void The_times_of_a_JWT_are_those_of_its_payload(string payload, long? expiry, long? issue)
    {
        Assert.Equal(expiry, JwtExpiry.Read(Data.Jwt(payload))?.ToUnixTimeSeconds());
        Assert.Equal(issue, JwtExpiry.ReadIssuedAt(Data.Jwt(payload))?.ToUnixTimeSeconds());
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("opaque")]
    [InlineData("h.eyJleHAiOjF9")]
    [InlineData("h.eyJleHAiOjF9.s.x")]
    [InlineData("h.eyJleHAiOjF9.k.i.t")]
    [InlineData("h.eyJleHAiOjF.s")]
    [InlineData("h.+/+/.s")]
    [InlineData("h.é.s")]
    [InlineData("h. .s")]
    public void A_token_without_three_parts_has_no_times(string token) => Assert.Null(JwtExpiry.Read(token));

    [Fact]
    public void A_padded_or_unsigned_JWT_is_read()
    {
        Assert.Equal(1, JwtExpiry.Read($"h.{Base64Url.EncodeToString("""{"exp":1}"""u8)}.")?.ToUnixTimeSeconds());
        Assert.Equal(1, JwtExpiry.Read($"h.{Convert.ToBase64String(" {\"exp\":1}"u8)}.s")?.ToUnixTimeSeconds());
    }

    [Fact]
    public void A_huge_JWT_is_not_read() =>
        Assert.Null(JwtExpiry.Read(Data.Jwt($$"""{"exp":1,"x":"{{new string('x', 64 * 1024)}}"}""")));

    [Fact]
    public void Invalid_UTF_8_does_not_fail()
    {
        Assert.Null(JwtExpiry.Read(Data.Jwt([0xFF, 0xFE])));
        Assert.Equal(1, JwtExpiry.Read(Data.Jwt([.. "{\"x\":\""u8, 0xFF, .. "\",\"exp\":1}"u8]))?.ToUnixTimeSeconds());
    }

    [Fact]
    public void No_token_makes_the_reader_throw() =>
        Gen.OneOf<string>(
                Gen.String,
                Gen.Byte.Array.Select(static payload => Data.Jwt(payload)),
                Gen.String.Select(static claim => Data.Jwt($$"""{"{{claim}}":1}"""))
            )
            .Sample(static token =>
            {
                JwtExpiry.Read(token);
                JwtExpiry.ReadIssuedAt(token);
            });
}
