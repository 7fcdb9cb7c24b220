using Axvault.Api.Refresh.Grants;
using CsCheck;

namespace Axvault.Tests.Refresh.Grants;

public sealed class RefreshErrorTests
{
    [Theory]
    [InlineData("invalid_grant")]
    [InlineData("refresh_token_expired")]
    [InlineData("refresh_token_reused")]
    [InlineData("refresh_token_invalidated")]
    [InlineData("invalid_token")]
    [InlineData("bad_refresh_token")]
    [InlineData("interaction_required")]
    public void A_final_code_is_known_and_kept(string code)
    {
        Assert.True(RefreshError.IsFinal(code));
        Assert.True(RefreshError.IsKnown(code));
        Assert.Equal(code, RefreshError.Of(code, 400));
    }

    [Theory]
    [InlineData("invalid_request")]
    [InlineData("invalid_scope")]
    [InlineData("server_error")]
    [InlineData("temporarily_unavailable")]
    [InlineData("slow_down")]
    [InlineData("rate_limit_error")]
    [InlineData("overloaded_error")]
    public void Any_other_known_code_is_not_final_and_kept(string code)
    {
        Assert.False(RefreshError.IsFinal(code));
        Assert.Equal(code, RefreshError.Of(code, 400));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("INVALID_GRANT")]
    [InlineData(" invalid_grant")]
    [InlineData("invalid_grant\n")]
    [InlineData("invalid_grant: sk-ant-ort01-canary")]
    [InlineData("sk-ant-ort01-canary")]
    [InlineData("The refresh token sk-ant-ort01-canary has been revoked")]
    public void An_unknown_code_is_replaced_by_the_status(string? code)
    {
        Assert.Equal("http_418", RefreshError.Of(code, 418));
        Assert.False(RefreshError.IsFinal(code));
        Assert.False(RefreshError.IsKnown(code));
    }

    [Fact]
    public void No_unknown_text_is_repeated() =>
        Gen.String.Sample(static code => RefreshError.Of(code, 400) == (RefreshError.IsKnown(code) ? code : "http_400"));
}
