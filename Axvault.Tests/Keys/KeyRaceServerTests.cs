using System.Net;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Keys;

/// <summary>Concurrent changes to keys give no key more access than its callers can grant.</summary>
public sealed class KeyRaceServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    private VaultClient Admin => vault.Admin;

    [Fact]
    public async Task A_caller_gains_nothing_while_its_grants_are_removed()
    {
        for (var round = 0; round < 25; round++)
        {
            var caller = await Admin.CreateKeyAsync(grant: ["*"]);
            var accomplice = await Admin.CreateKeyAsync();
            using var client = Admin.With(caller.Secret);

            var revoke = Admin.PatchAsync($"keys/{caller.Id}", """{"grantAccess":[]}""");
            var attempts = Enumerable
                .Range(0, 4)
                .SelectMany(_ =>
                    new[]
                    {
                        client.PatchAsync($"keys/{accomplice.Id}", """{"readAccess":["*"],"grantAccess":["*"]}"""),
                        client.PatchAsync($"keys/{caller.Id}", """{"grantAccess":["*"]}"""),
                        client.PostAsync("keys", """{"name":"accomplice","grantAccess":["*"]}"""),
                    }
                )
                .ToList();
            (await revoke).Is(HttpStatusCode.OK);
            Assert.All(await Task.WhenAll(attempts), static answer =>
                Assert.Contains(answer.Status, new[] { HttpStatusCode.OK, HttpStatusCode.Created, HttpStatusCode.Forbidden })
            );

            // A self-patch before the removal changed nothing, and a later one is refused. So the grant cannot come back.
            Assert.Equal("[]", (await Admin.GetAsync($"keys/{caller.Id}")).Raw("grantAccess"));
            (await client.PostAsync("keys", """{"name":"late"}""")).IsForbidden();
        }
    }

    [Fact]
    public async Task A_refused_request_of_a_deleted_caller_has_no_effect()
    {
        for (var round = 0; round < 25; round++)
        {
            var caller = await Admin.CreateKeyAsync(grant: ["*"]);
            using var client = Admin.With(caller.Secret);
            var name = $"made-{Guid.NewGuid():n}";

            var delete = Admin.DeleteAsync($"keys/{caller.Id}");
            var made = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => client.PostAsync("keys", new { name })));
            (await delete).Is(HttpStatusCode.NoContent);

            Assert.All(made, static answer =>
                Assert.Contains(answer.Status, new[] { HttpStatusCode.Created, HttpStatusCode.Forbidden, HttpStatusCode.Unauthorized })
            );
            var kept = (await Admin.GetAsync("keys")).Json.GetProperty("keys").EnumerateArray().Count(key => key.GetProperty("name").GetString() == name);
            Assert.Equal(made.Count(static answer => answer.Status == HttpStatusCode.Created), kept);
            (await client.GetAsync("credentials")).IsUnauthorized();
        }
    }

    [Fact]
    public async Task Keys_that_change_each_other_never_deadlock()
    {
        var keys = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Admin.CreateKeyAsync(grant: ["*"])));

        var answers = await Task.WhenAll(
            keys.SelectMany(
                _ => keys,
                async (caller, target) =>
                {
                    using var client = Admin.With(caller.Secret);
                    List<Answer> own = [];
                    for (var i = 0; i < 15; i++)
                    {
                        own.Add(await client.PatchAsync($"keys/{target.Id}", $$"""{"name":"{{caller.Id}} {{i}}","readAccess":["a","b"]}"""));
                    }

                    return own;
                }
            )
        );

        Assert.All(answers.SelectMany(static own => own), static answer => answer.Is(HttpStatusCode.OK));
    }

    [Fact]
    public async Task One_of_two_keys_that_delete_each_other_is_refused()
    {
        for (var round = 0; round < 15; round++)
        {
            var (one, two) = (await Admin.CreateKeyAsync(grant: ["*"]), await Admin.CreateKeyAsync(grant: ["*"]));
            using var first = Admin.With(one.Secret);
            using var second = Admin.With(two.Secret);

            var answers = await Task.WhenAll(first.DeleteAsync($"keys/{two.Id}"), second.DeleteAsync($"keys/{one.Id}"));

            // The later request is refused, because its key was deleted by then.
            Assert.Single(answers, static answer => answer.Status == HttpStatusCode.NoContent);
            Assert.Single(answers, static answer => answer.Status is HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized);
        }
    }

    [Fact]
    public async Task Concurrent_patches_of_different_members_are_all_kept()
    {
        for (var round = 0; round < 10; round++)
        {
            var key = await Admin.CreateKeyAsync();

            await Task.WhenAll(
                Admin.PatchAsync($"keys/{key.Id}", """{"name":"patched"}"""),
                Admin.PatchAsync($"keys/{key.Id}", """{"readAccess":["r"]}"""),
                Admin.PatchAsync($"keys/{key.Id}", """{"writeAccess":["w"]}"""),
                Admin.PatchAsync($"keys/{key.Id}", """{"grantAccess":["g"]}""")
            );

            var patched = await Admin.GetAsync($"keys/{key.Id}");
            Assert.Equal("patched", patched.Json.GetProperty("name").GetString());
            Assert.Equal(["""["r"]""", """["w"]""", """["g"]"""], [patched.Raw("readAccess"), patched.Raw("writeAccess"), patched.Raw("grantAccess")]);
        }
    }
}
