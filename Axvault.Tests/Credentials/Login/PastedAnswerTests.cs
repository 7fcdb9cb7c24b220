using Axvault.Api.Credentials.Login;

namespace Axvault.Tests.Credentials.Login;

/// <summary>The text that a person pastes after a login.</summary>
public sealed class PastedAnswerTests
{
    [Theory]
    [InlineData("http://127.0.0.1:1455/callback?code=c&state=s", "c")]
    [InlineData("https://app.example/cb?state=s&code=c%2Fd&iss=https%3A%2F%2Fi#fragment", "c/d")]
    [InlineData("?code=c&state=s", "c")]
    [InlineData("localhost:1455/callback?code=c&state=s", "c")]
    [InlineData("c#s", "c")]
    public void A_code_with_the_state_of_the_login_is_taken(string text, string code) => Assert.Equal(code, PastedAnswer.Read(text, "s")?.Code);

    [Theory]
    [InlineData("http://127.0.0.1:1455/callback?error=access_denied&state=s", "access_denied")]
    [InlineData("http://127.0.0.1:1455/callback?error=something+secret&code=c&state=s", "unexpected_answer")]
    public void A_refusal_is_told_by_a_known_code_alone(string text, string error)
    {
        var answer = PastedAnswer.Read(text, "s")!;
        Assert.Equal((null, error), (answer.Code, answer.Error));
    }

    [Theory]
    [InlineData("")]
    [InlineData("c")]
    [InlineData("c#")]
    [InlineData("#s")]
    [InlineData("c#S")]
    [InlineData("c#s#s")]
    [InlineData("http://127.0.0.1/?code=c")]
    [InlineData("http://127.0.0.1/?state=s")]
    [InlineData("http://127.0.0.1/?code=&state=s")]
    [InlineData("http://127.0.0.1/?code=c&state=other")]
    [InlineData("http://127.0.0.1/?code=c&state=s&state=s")]
    [InlineData("http://127.0.0.1/?code=c&code=d&state=s")]
    [InlineData("http://127.0.0.1/?error=access_denied")]
    [InlineData("http://127.0.0.1/#code=c&state=s")]
    public void Anything_else_is_refused(string text) => Assert.Null(PastedAnswer.Read(text, "s"));

    [Fact]
    public void An_answer_is_not_printed() => Assert.Equal("…", PastedAnswer.Read("c#s", "s")!.ToString());
}
