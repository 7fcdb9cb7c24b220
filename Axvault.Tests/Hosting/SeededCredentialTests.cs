using System.Text.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Axvault.Hosting.References;

namespace Axvault.Tests.Hosting;

/// <summary>The body of a first credential, and the token in the data of a credential.</summary>
public sealed class SeededCredentialTests
{
    [Theory]
    [InlineData("sk-token\n", null, "oauth-token", """{"accessToken":"sk-token"}""")]
    [InlineData("sk-key", AxvaultCredentialType.ApiKey, "api-key", """{"apiKey":"sk-key"}""")]
    [InlineData(""" {"access_token":"a","refresh_token":"r"}""", null, "oauth-credentials", """{"access_token":"a","refresh_token":"r"}""")]
    public void The_type_follows_from_the_value_unless_it_is_given(string value, AxvaultCredentialType? type, string expected, string data)
    {
        var body = Of(type).Of(value);

        Assert.Equal(expected, body.Type);
        Assert.Equal(data, body.Data.GetRawText());
        Assert.DoesNotContain("sk-", body.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Broken_JSON_is_refused_without_a_part_of_it()
    {
        var refusal = Assert.Throws<DistributedApplicationException>(() => Of(null).Of("""{"access_token":"sk-secret"""));

        Assert.Equal("The parameter login: expected the JSON of an agent's file.", refusal.Message);
        Assert.Null(refusal.InnerException);
    }

    [Theory]
    [InlineData("""{"claudeAiOauth":{"accessToken":"token"}}""")]
    [InlineData("""{"OPENAI_API_KEY":null,"tokens":{"id_token":"id","access_token":"token"}}""")]
    [InlineData("""{"accessToken":"token","refreshToken":"r"}""")]
    [InlineData("""{"access_token":"token","refresh_token":"r"}""")]
    [InlineData("""{"type":"oauth","access":"token","refresh":"r"}""")]
    [InlineData("""{"token":"token","refresh_token":"r"}""")]
    [InlineData("""{"apiKey":"token"}""")]
    [InlineData("""{"OPENAI_API_KEY":"token"}""")]
    [InlineData("""{"anthropic":{"type":"oauth","access":"token"}}""")]
    [InlineData("""{"anthropic":{"type":"api","key":"token"}}""")]
    public void The_access_token_is_found_in_every_known_shape(string data)
    {
        using var document = JsonDocument.Parse(data);

        Assert.Equal("token", AccessToken.In(document.RootElement, "anthropic"));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"accessToken":5}""")]
    [InlineData("""{"tokens":"token"}""")]
    public void Data_without_a_token_in_a_known_place_has_none(string data)
    {
        using var document = JsonDocument.Parse(data);

        Assert.Null(AccessToken.In(document.RootElement, null));
    }

    private static SeededCredential Of(AxvaultCredentialType? type) =>
        new("claude.prod", new ParameterResource("login", static _ => "", secret: true), type, null, null);
}
