using System.Net;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Keys;

/// <summary>The rules for the name and the access lists of a key.</summary>
public sealed class KeyFieldServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    private VaultClient Admin => vault.Admin;

    [Fact]
    public async Task Duplicate_entries_are_kept_once_in_their_order()
    {
        var answer = await Admin.PostAsync("keys", """{"name":"twice","readAccess":["b","a","b","*","a"]}""");

        answer.Is(HttpStatusCode.Created);
        Assert.Equal("""["b","a","*"]""", answer.Raw("readAccess"));
    }

    [Fact]
    public async Task A_name_may_hold_any_character_that_a_reader_sees()
    {
        var name = "Zoë's \"laptop\" <b> \\ 🔑 👩\u200d💻 نمی\u200cخواهم " + new string('é', 200);

        var answer = await Admin.PostAsync("keys", new { name });

        answer.Is(HttpStatusCode.Created);
        Assert.Equal(name, answer.Json.GetProperty("name").GetString());
        Assert.Equal(name, (await Admin.GetAsync($"keys/{answer.Json.GetProperty("id").GetString()}")).Json.GetProperty("name").GetString());
    }

    [Fact]
    public async Task A_name_has_at_most_256_characters_counted_as_code_points()
    {
        (await Admin.PostAsync("keys", new { name = string.Concat(Enumerable.Repeat("🔑", 256)) })).Is(HttpStatusCode.Created);
        (await Admin.PostAsync("keys", new { name = string.Concat(Enumerable.Repeat("🔑", 257)) })).IsInvalid("name");
    }

    [Theory]
    [InlineData("{}", "name")]
    [InlineData("""{"name":null}""", "name")]
    [InlineData("""{"name":""}""", "name")]
    [InlineData("""{"name":"  "}""", "name")]
    [InlineData("""{"name":"a\u0000b"}""", "name")]
    [InlineData("""{"name":"a\nb"}""", "name")]
    [InlineData("""{"name":"\u001b[31m"}""", "name")]
    [InlineData("""{"name":"a\u0085b"}""", "name")]
    [InlineData("""{"name":"a\u009bb"}""", "name")]
    [InlineData("""{"name":7}""", "name")]
    [InlineData("""{"name":"x","readAccess":"*"}""", "readAccess")]
    [InlineData("""{"name":"x","readAccess":{}}""", "readAccess")]
    [InlineData("""{"name":"x","readAccess":[1]}""", "readAccess")]
    [InlineData("""{"name":"x","readAccess":[null]}""", "readAccess")]
    [InlineData("""{"name":"x","readAccess":[""]}""", "readAccess")]
    [InlineData("""{"name":"x","readAccess":["**"]}""", "readAccess")]
    [InlineData("""{"name":"x","readAccess":["*a"]}""", "readAccess")]
    [InlineData("""{"name":"x","readAccess":["a*b"]}""", "readAccess")]
    [InlineData("""{"name":"x","writeAccess":[".a"]}""", "writeAccess")]
    [InlineData("""{"name":"x","writeAccess":["a b"]}""", "writeAccess")]
    [InlineData("""{"name":"x","writeAccess":["a\n"]}""", "writeAccess")]
    [InlineData("""{"name":"x","grantAccess":["é"]}""", "grantAccess")]
    [InlineData("""{"name":"x","grantAccess":["a/b"]}""", "grantAccess")]
    [InlineData("""{"name":"x","grantAccess":["ａ"]}""", "grantAccess")]
    public async Task A_body_that_breaks_a_rule_is_400_and_names_the_field(string body, string field)
    {
        (await Admin.PostAsync("keys", body)).IsInvalid(field);
        if (body.Contains("Access", StringComparison.Ordinal))
        {
            (await Admin.PatchAsync("keys/k_0123456789ab", body)).IsInvalid(field);
        }
    }

    [Fact]
    public async Task All_wrong_fields_are_reported_at_once()
    {
        var answer = await Admin.PostAsync("keys", """{"name":"","readAccess":["*a"],"writeAccess":[""],"grantAccess":[" "]}""");

        var detail = answer.IsProblem(HttpStatusCode.BadRequest, "invalid-request");
        Assert.All(["name", "readAccess", "writeAccess", "grantAccess"], field => Assert.Contains(field, detail, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_entry_has_at_most_128_characters_and_a_list_at_most_256_entries()
    {
        (await Admin.PostAsync("keys", new { name = "long", readAccess = new[] { new string('a', 128), new string('a', 127) + "*" } })).Is(
            HttpStatusCode.Created
        );
        (await Admin.PostAsync("keys", new { name = "long", readAccess = new[] { new string('a', 129) } })).IsInvalid("readAccess");
        (await Admin.PostAsync("keys", new { name = "long", readAccess = new[] { new string('a', 128) + "*" } })).IsInvalid("readAccess");
        (await Admin.PostAsync("keys", new { name = "many", readAccess = Enumerable.Range(0, 256).Select(static i => $"n{i}") })).Is(HttpStatusCode.Created);
        (await Admin.PostAsync("keys", new { name = "many", readAccess = Enumerable.Range(0, 257).Select(static i => $"n{i}") })).IsInvalid("readAccess");
    }

    [Theory]
    [InlineData(0x00ad)]
    [InlineData(0x061c)]
    [InlineData(0x180e)]
    [InlineData(0x200b)]
    [InlineData(0x200e)]
    [InlineData(0x200f)]
    [InlineData(0x2028)]
    [InlineData(0x2029)]
    [InlineData(0x202a)]
    [InlineData(0x202e)]
    [InlineData(0x2060)]
    [InlineData(0x2066)]
    [InlineData(0x2069)]
    [InlineData(0xfeff)]
    [InlineData(0xfff9)]
    [InlineData(0xe0041)]
    public async Task A_hidden_character_in_a_name_is_400(int character)
    {
        var created = await Admin.CreateKeyAsync();
        var name = $"CI{char.ConvertFromUtf32(character)} key";

        (await Admin.PostAsync("keys", new { name })).IsInvalid("name");
        (await Admin.PatchAsync($"keys/{created.Id}", new { name })).IsInvalid("name");
    }

    [Fact]
    public async Task An_empty_patch_is_400()
    {
        var created = await Admin.CreateKeyAsync();

        (await Admin.PatchAsync($"keys/{created.Id}", "{}")).IsProblem(HttpStatusCode.BadRequest, "invalid-request");
    }
}
