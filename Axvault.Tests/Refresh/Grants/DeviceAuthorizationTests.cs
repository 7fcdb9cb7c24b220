using System.Text;
using Axvault.Api.Refresh.Grants;

namespace Axvault.Tests.Refresh.Grants;

/// <summary>The provider's answer to the begin of a device flow.</summary>
public sealed class DeviceAuthorizationTests
{
    private const string Page = "https://p.example/device";

    [Theory]
    [InlineData("", 3600, 5)]
    [InlineData(""","expires_in":600,"interval":2""", 600, 2)]
    [InlineData(""","expires_in":"600","interval":0""", 600, 5)]
    [InlineData(""","expires_in":1e9,"interval":1e9""", 3600, 60)]
    [InlineData(""","expires_in":-1,"interval":-1""", 3600, 5)]
    [InlineData(""","expires_in":null,"interval":"2" """, 3600, 5)]
    public void Times_have_defaults_and_bounds(string more, int expiresIn, int interval)
    {
        var read = Read($$"""{"device_code":"d","user_code":"WDJB-MJHT","verification_uri":"{{Page}}"{{more}}}""")!;

        Assert.Equal(("d", "WDJB-MJHT", Page, null), (read.DeviceCode, read.UserCode, read.VerificationUri.AbsoluteUri, read.VerificationUriComplete));
        Assert.Equal((expiresIn, interval), ((int)read.ExpiresIn.TotalSeconds, (int)read.Interval.TotalSeconds));
    }

    [Fact]
    public void The_older_name_of_the_page_is_read_too() =>
        Assert.Equal(Page, Read($$"""{"device_code":"d","user_code":"u","verification_url":"{{Page}}"}""")!.VerificationUri.AbsoluteUri);

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("<html>")]
    [InlineData("{}")]
    [InlineData("""{"device_code":"d","user_code":"u"}""")]
    [InlineData("""{"device_code":"d","verification_uri":"https://p.example/"}""")]
    [InlineData("""{"user_code":"u","verification_uri":"https://p.example/"}""")]
    [InlineData("""{"device_code":"d","user_code":"u\n","verification_uri":"https://p.example/"}""")]
    [InlineData("""{"device_code":"d","user_code":"u","verification_uri":"javascript:alert(1)"}""")]
    [InlineData("""{"device_code":"d","user_code":"u","verification_uri":"http://p.example/"}""")]
    [InlineData("""{"device_code":"d","user_code":"u","verification_uri":"https://name@p.example/"}""")]
    public void An_answer_that_a_person_cannot_use_is_none(string body) => Assert.Null(Read(body));

    [Fact]
    public void A_page_that_a_browser_must_not_open_is_left_out() =>
        Assert.Null(
            Read($$"""{"device_code":"d","user_code":"u","verification_uri":"{{Page}}","verification_uri_complete":"javascript:alert(1)"}""")!
                .VerificationUriComplete
        );

    private static DeviceAuthorization? Read(string body) => DeviceAuthorization.Read(Encoding.UTF8.GetBytes(body));
}
