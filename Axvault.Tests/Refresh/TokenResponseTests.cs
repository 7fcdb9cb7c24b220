using System.Text;
using Axvault.Api.Refresh;

namespace Axvault.Tests.Refresh;

public sealed class TokenResponseTests
{
    [Fact]
    public void A_name_that_is_no_text_costs_no_token()
    {
        var (_, _, issued) = TokenResponse.Read(Encoding.UTF8.GetBytes("""{"\ud800":1,"access_token":"a","\udfff\ud800x":{},"refresh_token":"r"}"""));
        Assert.Equal(("a", "r"), (issued?.AccessToken, issued?.RefreshToken));
    }
}
