using System.Net;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Http;

public sealed class HealthServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    [Fact]
    public async Task Health_is_ok_without_a_key()
    {
        using var client = vault.Anonymous();

        var answer = await client.GetAsync("health");

        answer.Is(HttpStatusCode.OK);
        Assert.Equal("application/json", answer.ContentType);
        Assert.Equal("ok", answer.Json.GetProperty("status").GetString());
    }

    [Fact]
    public async Task Health_answers_HEAD_without_a_body()
    {
        using var client = vault.Anonymous();

        var answer = await client.SendAsync(HttpMethod.Head, "health");

        answer.Is(HttpStatusCode.OK);
        Assert.Empty(answer.Bytes);
    }

    [Fact]
    public async Task Health_ignores_a_key_that_is_wrong()
    {
        using var client = vault.Server.Client("axv_sk_wrong");

        (await client.GetAsync("health")).Is(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("/alive")]
    [InlineData("/health")]
    public async Task Orchestrator_probes_answer_a_status_and_nothing_else(string path)
    {
        using var client = vault.Anonymous();

        var answer = await client.GetAsync(path);

        answer.Is(HttpStatusCode.OK);
        Assert.Equal("Healthy", answer.Text);
    }

    [Theory]
    [InlineData("/alive")]
    [InlineData("/health")]
    [InlineData("health")]
    public async Task Probes_accept_only_GET_and_HEAD(string path)
    {
        using var client = vault.Anonymous();

        var head = await client.SendAsync(HttpMethod.Head, path);
        head.Is(HttpStatusCode.OK);
        Assert.Empty(head.Bytes);
        foreach (var method in new[] { HttpMethod.Post, HttpMethod.Put, HttpMethod.Delete, HttpMethod.Trace, HttpMethod.Options })
        {
            var answer = await client.SendAsync(method, path);
            answer.IsProblem(HttpStatusCode.MethodNotAllowed, "method-not-allowed");
            Assert.Equal(["GET", "HEAD"], answer.Headers["Allow"].Split(", ").Order(StringComparer.Ordinal));
        }
    }
}
