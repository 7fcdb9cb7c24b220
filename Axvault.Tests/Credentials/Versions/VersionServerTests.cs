using System.Net;
using Axvault.Tests.Harness.Servers;
using static Axvault.Tests.Credentials.Versions.KeptVersions;

namespace Axvault.Tests.Credentials.Versions;

/// <summary>A replaced credential is kept as a version, and a restore brings it back complete.</summary>
public sealed class VersionServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    private VaultClient Admin => vault.Admin;

    [Fact]
    public async Task A_wrong_put_is_undone_by_one_restore()
    {
        (await Admin.PutAsync("credentials/undo", """{"type":"api-key","agent":"claude","notes":"right","data":{"k":  1.50}}""")).Is(HttpStatusCode.Created);
        (await Admin.PutAsync("credentials/undo", """{"type":"oauth-token","data":{"wrong":true}}""")).Is(HttpStatusCode.Created);
        var version = Assert.Single(await Admin.VersionsAsync("undo"));
        Assert.Equal(("api-key", "claude", "right"), (Text(version, "type"), Text(version, "agent"), Text(version, "notes")));
        Assert.False(version.TryGetProperty("data", out _));

        var restored = await Admin.PostAsync($"credentials/undo/versions/{Text(version, "version")}/restore", "");

        restored.Is(HttpStatusCode.OK);
        var now = (await Admin.GetAsync("credentials/undo")).Is(HttpStatusCode.OK);
        Assert.Equal(("""{"k":  1.50}""", "api-key", restored.Tag), (now.Raw("data"), Text(now.Json, "type"), now.Tag));
        var wrong = Assert.Single(await Admin.VersionsAsync("undo"));
        Assert.Equal("oauth-token", Text(wrong, "type"));
        var opened = await Admin.GetAsync($"credentials/undo/versions/{Text(wrong, "version")}");
        Assert.Equal("""{"wrong":true}""", opened.Is(HttpStatusCode.OK).Raw("data"));
    }

    [Fact]
    public async Task The_last_ten_versions_are_kept_newest_first_and_a_refused_put_adds_none()
    {
        for (var n = 0; n < 15; n++)
        {
            await Admin.PutCredentialAsync("ten", $$"""{"n":{{n}}}""");
        }

        (await Admin.PutAsync("credentials/ten", """{"type":"none"}""")).IsInvalid("type");

        Assert.Equal(Enumerable.Range(4, 10).Reverse(), await Admin.NumbersAsync("ten"));
        var versions = await Admin.VersionsAsync("ten");
        Assert.All(versions.Zip(versions.Skip(1)), static pair =>
            Assert.True(string.CompareOrdinal(Text(pair.Second, "replacedAt"), Text(pair.First, "createdAt")) <= 0)
        );
    }

    [Fact]
    public async Task Each_action_on_versions_is_in_the_audit_log()
    {
        var key = await Admin.CreateKeyAsync(["logged"], ["logged"]);
        using var client = Admin.With(key.Secret);
        await client.PutCredentialAsync("logged");
        var replacing = Guid.ParseExact((await client.PutCredentialAsync("logged")).Tag!.Trim('"')[..32], "n");
        var version = Text(Assert.Single((await client.GetAsync("credentials/logged/versions")).Json.GetProperty("versions").EnumerateArray()), "version");
        await client.GetAsync($"credentials/logged/versions/{version}");
        await client.PostAsync($"credentials/logged/versions/{version}/restore", "");
        (await client.PostAsync("credentials/logged/versions/00000000-0000-7000-8000-000000000000/restore", "")).IsNotFound();
        await client.DeleteAsync("credentials/logged");
        await client.PostAsync("credentials/logged/undelete", "");
        await client.DeleteAsync("credentials/logged?purge=true");

        var entries = (await Admin.GetAsync($"audit?key={key.Id}"))
            .Json.GetProperty("entries")
            .EnumerateArray()
            .Reverse()
            .Skip(1)
            .Select(static entry => $"{Text(entry, "action")} {Text(entry, "outcome")} {Text(entry, "reason")}");
        Assert.Equal(
            [
                $"credential.put success version {version} revision 1",
                $"credential.put success version {replacing} revision 1",
                "credential.version.list success ",
                $"credential.version.read success version {version}",
                $"credential.restore success version {version} revision 1",
                "credential.restore failure not-found",
                "credential.delete success ",
                $"credential.undelete success version {version} revision 1",
                "credential.purge success ",
            ],
            entries
        );
    }

    [Fact]
    public async Task Concurrent_puts_and_restores_lose_and_duplicate_no_version()
    {
        for (var n = 0; n < 4; n++)
        {
            await Admin.PutCredentialAsync("race", $$"""{"n":{{n}}}""");
        }

        var versions = (await Admin.VersionsAsync("race")).Select(static version => Text(version, "version")).ToList();
        var answers = await Task.WhenAll(
            Enumerable
                .Range(4, 4)
                .Select(n => Admin.PutCredentialAsync("race", $$"""{"n":{{n}}}"""))
                .Concat(versions.Concat(versions).Select(version => Admin.PostAsync($"credentials/race/versions/{version}/restore", "")))
        );

        Assert.All(answers, static answer => Assert.True(answer.Status is HttpStatusCode.Created or HttpStatusCode.OK or HttpStatusCode.NotFound, answer.Text));
        var current = (await Admin.GetAsync("credentials/race")).Json.GetProperty("data").GetProperty("n").GetInt32();
        Assert.Equal(Enumerable.Range(0, 8), (await Admin.NumbersAsync("race")).Append(current).Order());
    }

    [Fact]
    public async Task A_refusal_is_the_same_for_existing_and_missing_versions()
    {
        await Admin.PutCredentialAsync("theirs");
        await Admin.PutCredentialAsync("theirs");
        var version = Text(Assert.Single(await Admin.VersionsAsync("theirs")), "version");
        using var other = await Admin.WithNewKeyAsync(["other"], ["other"]);

        foreach (var name in new[] { "theirs", "absent" })
        {
            (await other.GetAsync($"credentials/{name}/versions")).IsForbidden();
            (await other.GetAsync($"credentials/{name}/versions/{version}")).IsForbidden();
            (await other.PostAsync($"credentials/{name}/versions/{version}/restore", "")).IsForbidden();
            (await other.PostAsync($"credentials/{name}/undelete", "")).IsForbidden();
        }

        await Admin.PutCredentialAsync("other");
        (await Admin.GetAsync($"credentials/other/versions/{version}")).IsNotFound();
        (await Admin.GetAsync($"credentials/theirs/versions/{version!.ToUpperInvariant()}x")).IsNotFound();
    }
}
