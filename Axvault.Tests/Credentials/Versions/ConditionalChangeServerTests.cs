using System.Net;
using Axvault.Tests.Harness.Servers;
using static Axvault.Tests.Credentials.Versions.KeptVersions;

namespace Axvault.Tests.Credentials.Versions;

/// <summary>Changes with <c>If-Match</c> or <c>If-None-Match</c> (RFC 9110 §13.1) are made only when the condition holds.</summary>
public sealed class ConditionalChangeServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    private VaultClient Admin => vault.Admin;

    [Fact]
    public async Task A_conditional_change_is_made_only_when_its_condition_holds()
    {
        (await PutAsync("condition", 1, "If-Match", "*")).IsProblem(HttpStatusCode.PreconditionFailed, "conflict");
        var first = (await PutAsync("condition", 1, "If-None-Match", "*")).Is(HttpStatusCode.Created);
        Assert.Equal(first.Tag, (await Admin.GetAsync("credentials/condition")).Tag);
        (await PutAsync("condition", 2, "If-None-Match", "*")).IsProblem(HttpStatusCode.PreconditionFailed, "conflict");
        (await PutAsync("condition", 2, "If-Match", "\"other\"")).IsProblem(HttpStatusCode.PreconditionFailed, "conflict");
        (await PutAsync("condition", 2, "If-Match", $"W/{first.Tag}")).IsProblem(HttpStatusCode.PreconditionFailed, "conflict");
        (await PutAsync("condition", 2, "If-Match", "nonsense")).IsInvalid("If-Match");
        Assert.Equal("""{"n":1}""", (await Admin.GetAsync("credentials/condition")).Raw("data"));
        Assert.Empty(await Admin.VersionsAsync("condition"));

        var second = (await PutAsync("condition", 2, "If-Match", $"\"other\", {first.Tag}")).Is(HttpStatusCode.Created);
        (await PutAsync("condition", 3, "If-Match", first.Tag)).IsProblem(HttpStatusCode.PreconditionFailed, "conflict");
        var version = Text(Assert.Single(await Admin.VersionsAsync("condition")), "version");
        (await SendAsync(HttpMethod.Post, $"credentials/condition/versions/{version}/restore", "If-Match", first.Tag)).IsProblem(
            HttpStatusCode.PreconditionFailed,
            "conflict"
        );
        (await SendAsync(HttpMethod.Delete, "credentials/condition", "If-Match", first.Tag)).IsProblem(HttpStatusCode.PreconditionFailed, "conflict");
        (await SendAsync(HttpMethod.Delete, "credentials/condition?purge=true", "If-Match", first.Tag)).IsProblem(
            HttpStatusCode.PreconditionFailed,
            "conflict"
        );
        Assert.Equal("""{"n":2}""", (await Admin.GetAsync("credentials/condition")).Raw("data"));
        (await SendAsync(HttpMethod.Delete, "credentials/condition", "If-Match", second.Tag)).Is(HttpStatusCode.NoContent);
        Assert.Equal(
            8,
            (await Admin.GetAsync("audit?credential=condition&outcome=failure&limit=100"))
                .Json.GetProperty("entries")
                .EnumerateArray()
                .Count(static entry => Text(entry, "reason") == "conflict")
        );
    }

    [Fact]
    public async Task Only_one_of_many_conditional_puts_on_the_same_tag_succeeds()
    {
        await Admin.PutCredentialAsync("contended");
        for (var round = 0; round < 5; round++)
        {
            var tag = (await Admin.GetAsync("credentials/contended")).Tag;
            var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(n => PutAsync("contended", n, "If-Match", tag)));

            var made = Assert.Single(answers, static answer => answer.Status == HttpStatusCode.Created);
            Assert.All(answers.Except([made]), static answer => answer.IsProblem(HttpStatusCode.PreconditionFailed, "conflict"));
            Assert.Equal(made.Tag, (await Admin.GetAsync("credentials/contended")).Tag);
        }
    }

    [Fact]
    public async Task Only_one_of_many_creating_puts_succeeds()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(n => PutAsync("made.once", n, "If-None-Match", "*")));

        Assert.Single(answers, static answer => answer.Status == HttpStatusCode.Created);
    }

    private async Task<Answer> PutAsync(string name, int n, string header, string value) =>
        await Admin.SendAsync(
            HttpMethod.Put,
            $"credentials/{name}",
            new StringContent($$$"""{"type":"api-key","data":{"n":{{{n}}}}}""", System.Text.Encoding.UTF8, "application/json"),
            headers => headers.TryAddWithoutValidation(header, value)
        );

    private Task<Answer> SendAsync(HttpMethod method, string path, string header, string value) =>
        Admin.SendAsync(method, path, headers: headers => headers.TryAddWithoutValidation(header, value));
}
