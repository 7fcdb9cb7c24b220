using System.Net;
using System.Text.Json.Nodes;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Issuer;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Rotation;

/// <summary>Rules, issuers and issued keys across a change of the encryption key, and after their end.</summary>
public sealed class WorkloadRotationServerTests(VaultGraph graph)
{
    [Fact]
    public async Task Rules_and_issuers_are_sealed_again_and_the_old_key_can_go()
    {
        await using var lab = await RotationLab.CreateAsync(graph);
        await using var issuer = await TestIssuer.StartAsync();
        (string, string)[] variables = [("AXVAULT_ISSUER_PRIVATE_HOSTS", "127.0.0.1")];
        string key;
        await using (var first = await lab.StartWithAsync(variables, RotationLab.Old))
        {
            using var admin = lab.Admin(first);
            (await admin.PutCredentialAsync("a")).Is(HttpStatusCode.Created);
            (await admin.PutAsync("issuers/ci", new JsonObject { ["issuer"] = issuer.Identifier }.ToJsonString())).Is(HttpStatusCode.Created);
            (await admin.PutAsync("rules/r", """{"issuer":"ci","audience":"v","subject":"job:a","readAccess":["a"]}""")).Is(HttpStatusCode.Created);
            key = await ExchangeAsync(first, issuer);
        }

        await using (await lab.StartWithAsync(variables, RotationLab.New, RotationLab.Old))
        {
            await lab.UntilMovedAsync(RotationLab.New);
        }

        await using var last = await lab.StartWithAsync(variables, RotationLab.New);
        using var job = last.Client(key);
        (await job.GetAsync("credentials/a")).Is(HttpStatusCode.OK);
        using var another = last.Client(await ExchangeAsync(last, issuer));
        (await another.GetAsync("credentials/a")).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task An_issued_key_and_the_mark_of_its_token_are_removed_a_day_after_they_end()
    {
        await using var lab = await RotationLab.CreateAsync(graph);
        await using var issuer = await TestIssuer.StartAsync();
        (string, string)[] variables = [("AXVAULT_ISSUER_PRIVATE_HOSTS", "127.0.0.1")];
        await using var server = await lab.StartWithAsync(variables, RotationLab.Old);
        using var admin = lab.Admin(server);
        (await admin.PutAsync("issuers/ci", new JsonObject { ["issuer"] = issuer.Identifier }.ToJsonString())).Is(HttpStatusCode.Created);
        (await admin.PutAsync("rules/r", """{"issuer":"ci","audience":"v","subject":"job:a","readAccess":["a"]}""")).Is(HttpStatusCode.Created);
        await ExchangeAsync(server, issuer);
        await ExchangeAsync(server, issuer);
        await DatabaseContents.ExecuteAsync(
            lab.ConnectionString,
            "update axvault.api_key set expires_at = now() - interval '25 hours' where id = (select id from axvault.api_key where rule = 'r' limit 1)"
        );
        await DatabaseContents.ExecuteAsync(
            lab.ConnectionString,
            "update axvault.used_token set expires_at = now() - interval '25 hours' where hash = (select hash from axvault.used_token limit 1)"
        );

        // A server removes them when it starts, and every ten minutes.
        await using var second = await lab.StartWithAsync(variables, RotationLab.Old);

        await Until.HoldsAsync(
            async () =>
                await DatabaseContents.ScalarAsync<long>(lab.ConnectionString, "select count(*) from axvault.api_key where rule = 'r'") == 1
                && await DatabaseContents.ScalarAsync<long>(lab.ConnectionString, "select count(*) from axvault.used_token") == 1,
            "the old key and the old mark are gone, and the others are there"
        );
    }

    private static async Task<string> ExchangeAsync(VaultServer server, TestIssuer issuer)
    {
        using var anonymous = server.Client(null);
        using var form = new FormUrlEncodedContent(
            new Dictionary<string, string>
            {
                ["grant_type"] = "urn:ietf:params:oauth:grant-type:jwt-bearer",
                ["assertion"] = issuer.Mint("v", "job:a"),
                ["client_id"] = "r",
            }
        );
        var answer = (await anonymous.SendAsync(HttpMethod.Post, "token", form)).Is(HttpStatusCode.OK);
        return answer.Json.GetProperty("access_token").GetString()!;
    }
}
