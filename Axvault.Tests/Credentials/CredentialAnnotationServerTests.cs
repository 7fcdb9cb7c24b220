using System.Net;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Credentials;

/// <summary>The change of a credential's title and notes.</summary>
public sealed class CredentialAnnotationServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    private VaultClient Admin => vault.Admin;

    [Fact]
    public async Task Title_and_notes_change_and_nothing_else_does()
    {
        const string Stored = """{"type":"api-key","provider":"openai","displayName":"Old","data":{"apiKey":"k"}}""";
        (await Admin.PutAsync("credentials/note.a", Stored)).Is(HttpStatusCode.Created);
        var before = await Admin.GetAsync("credentials/note.a");

        (await Admin.PatchAsync("credentials/note.a", """{"displayName":"New","notes":"First line\nsecond"}""")).Is(HttpStatusCode.NoContent);
        var after = (await Admin.GetAsync("credentials/note.a")).Is(HttpStatusCode.OK);
        Assert.Equal(("New", "First line\nsecond"), (after.Json.GetProperty("displayName").GetString(), after.Json.GetProperty("notes").GetString()));
        Assert.Equal("openai", after.Json.GetProperty("provider").GetString());
        Assert.Equal("k", after.Json.GetProperty("data").GetProperty("apiKey").GetString());
        Assert.Equal(before.Json.GetProperty("createdAt").GetString(), after.Json.GetProperty("createdAt").GetString());
        Assert.NotEqual(before.Headers["ETag"], after.Headers["ETag"]);
        Assert.Empty((await Admin.GetAsync("credentials/note.a/versions")).Is(HttpStatusCode.OK).Json.GetProperty("versions").EnumerateArray());

        (await Admin.PatchAsync("credentials/note.a", """{"notes":null}""")).Is(HttpStatusCode.NoContent);
        after = (await Admin.GetAsync("credentials/note.a")).Is(HttpStatusCode.OK);
        Assert.DoesNotContain("notes", after.Members);
        Assert.Equal("New", after.Json.GetProperty("displayName").GetString());
        Assert.True((await Admin.GetAsync("audit/verify")).Is(HttpStatusCode.OK).Json.GetProperty("valid").GetBoolean());
    }

    [Theory]
    [InlineData("{}", "displayName")]
    [InlineData("""{"displayName":""}""", "displayName")]
    [InlineData("""{"notes":"a\u0000b"}""", "notes")]
    [InlineData("""{"displayName":7}""", "displayName")]
    public async Task A_wrong_annotation_is_named_and_changes_nothing(string body, string field)
    {
        (await Admin.PutAsync("credentials/note.wrong", """{"type":"api-key","notes":"kept","data":{"apiKey":"k"}}""")).Is(HttpStatusCode.Created);
        (await Admin.PatchAsync("credentials/note.wrong", body)).IsInvalid(field);
        Assert.Equal("kept", (await Admin.GetAsync("credentials/note.wrong")).Json.GetProperty("notes").GetString());
    }

    [Fact]
    public async Task An_annotation_needs_write_access_and_a_credential()
    {
        (await Admin.PatchAsync("credentials/note.none", """{"notes":"x"}""")).IsProblem(HttpStatusCode.NotFound, "not-found");
        (await Admin.PutAsync("credentials/note.b", """{"type":"api-key","data":{"apiKey":"k"}}""")).Is(HttpStatusCode.Created);
        using var reader = await Admin.WithNewKeyAsync(["note.*"], [], []);
        (await reader.PatchAsync("credentials/note.b", """{"notes":"x"}""")).IsProblem(HttpStatusCode.Forbidden, "forbidden");
    }
}
