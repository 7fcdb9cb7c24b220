using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Axvault.Tests.Harness.Provider;
using Axvault.Tests.Harness.Servers;
using Axvault.Tests.Refresh;
using Microsoft.AspNetCore.WebUtilities;

namespace Axvault.Tests.Reference;

/// <summary>A server gives every answer in the committed OpenAPI document.</summary>
public sealed class DocumentedAnswerServerTests(RefreshFixture fixture) : IClassFixture<RefreshFixture>
{
    private const string NoVersion = "00000000-0000-7000-8000-000000000000";

    // A server cannot be made to fail. Other tests cover rate limits and a missing database.
    private static readonly string[] NotForced = ["429", "500", "503", "default"];

    /// <summary>Every call and status in the document.</summary>
    public static TheoryData<string, string> Documented =>
        [
            .. from call in Contract.Calls
            from response in call.Call["responses"]!.AsObject()
            where !NotForced.Contains(response.Key)
            select ((string)call.Call["operationId"]!, response.Key),
        ];

    private static ApiContract Contract => ApiContract.Committed;

    private readonly ToldWorkloads _workloads = new();
    private string? _login;

    private RefreshLab Lab => fixture.Lab;

    [Theory]
    [MemberData(nameof(Documented))]
    public async Task Every_documented_answer_is_given(string call, string status)
    {
        // The client checks each answer against the document.
        Assert.Equal(status, ((int)(await CallAsync(call, status)).Status).ToString(CultureInfo.InvariantCulture));
    }

    private async Task<Answer> CallAsync(string call, string status)
    {
        var (path, method, _) = Contract.Calls.Single(known => (string?)known.Call["operationId"] == call);
        using var admin = Lab.Admin();
        using var client = (call, status) switch
        {
            ("deleteOwnKey", "204") => await admin.WithNewKeyAsync(),
            ("deleteOwnKey", "403") => await SupersededAsync(admin),
            (_, "401") => admin.With(null),
            (_, "403") => await admin.WithNewKeyAsync(),
            _ => admin.With(admin.Secret),
        };
        var name = $"told.{call}.{status}";
        var isPresent = status[0] == '2' || status is "304" or "409" or "412" or "502";
        var target = path.Replace(
                "{id}",
                (call, status) == ("rotateKey", "409") ? await ForeignKeyAsync(admin)
                    : status == "409" ? await LastAdministratorAsync(admin)
                    : isPresent ? (await admin.CreateKeyAsync()).Id
                    : "k_000000000000",
                StringComparison.Ordinal
            )
            .Replace("{name}", status == "400" && call is not "putCredential" and not "refreshCredential" ? "-" : name, StringComparison.Ordinal);
        if (path.Contains("{name}", StringComparison.Ordinal) && isPresent)
        {
            await PutAsync(admin, call, status, name);
        }

        target = await WithWorkloadsAsync(admin, target, call, status);
        target = target.Replace(
            "{version}",
            isPresent && path.Contains("{version}", StringComparison.Ordinal) ? await ReplaceAsync(admin, name) : NoVersion,
            StringComparison.Ordinal
        );
        if ((call, status) == ("undeleteCredential", "200"))
        {
            (await admin.DeleteAsync($"credentials/{name}")).Is(HttpStatusCode.NoContent);
        }

        if ((call, status) is ("putCredential" or "restoreVersion", "409"))
        {
            // Another credential holds the same refresh token.
            (await admin.PutAsync($"credentials/{name}.twin", Twin(call))).Is(HttpStatusCode.Created);
        }

        if (call == "finishLogin")
        {
            _login = await BeginLoginAsync(admin, status, name, isPresent);
        }

        using HttpContent? body = call == "exchangeToken" ? _workloads.Form(status) : Body(call, status);
        return await client.SendAsync(method, target + Query(call, status), body, headers =>
        {
            if (status is "304" or "412")
            {
                headers.TryAddWithoutValidation(status == "304" ? "If-None-Match" : "If-Match", status == "304" ? "*" : "\"another\"");
            }
        });
    }

    private static async Task<string> LastAdministratorAsync(VaultClient admin) =>
        (await admin.GetAsync("keys"))
            .Json.GetProperty("keys")
            .EnumerateArray()
            .First(static key => key.GetProperty("name").GetString() == "Bootstrap Admin")
            .GetProperty("id")
            .GetString()!;

    // Returns a client with a secret that was replaced, and still works.
    private static async Task<VaultClient> SupersededAsync(VaultClient admin)
    {
        var key = await admin.CreateKeyAsync();
        (await admin.PostAsync($"keys/{key.Id}/rotate", "{}")).Is(HttpStatusCode.OK);
        return admin.With(key.Secret);
    }

    // Makes the issuer and the rule that the call is about.
    private async Task<string> WithWorkloadsAsync(VaultClient admin, string target, string call, string status)
    {
        var isThere = call == "exchangeToken" || status is "200" or "204" || (call, status) == ("testRule", "400");
        if (isThere && (target.Contains("{rule}", StringComparison.Ordinal) || call == "exchangeToken"))
        {
            await _workloads.MakeRuleAsync(admin);
        }
        else if ((isThere && target.Contains("{issuer}", StringComparison.Ordinal)) || (call, status) == ("putRule", "201"))
        {
            await _workloads.MakeIssuerAsync(admin);
        }

        return target
            .Replace("{rule}", isThere ? _workloads.Rule : $"told-{Guid.NewGuid():N}", StringComparison.Ordinal)
            .Replace("{issuer}", isThere ? _workloads.Issuer : $"told-{Guid.NewGuid():N}", StringComparison.Ordinal);
    }

    // Returns the id of a key whose row was changed outside of the server.
    private async Task<string> ForeignKeyAsync(VaultClient admin)
    {
        var id = (await admin.CreateKeyAsync()).Id;
        await DatabaseContents.ExecuteAsync(Lab.ConnectionString, $"update axvault.api_key set mac = null where id = '{id}'");
        return id;
    }

    // Returns the id of the version kept when the credential is replaced.
    private static async Task<string> ReplaceAsync(VaultClient admin, string name)
    {
        (await admin.PutCredentialAsync(name)).Is(HttpStatusCode.Created);
        return (await admin.GetAsync($"credentials/{name}/versions")).Json.GetProperty("versions")[0].GetProperty("version").GetString()!;
    }

    private async Task PutAsync(VaultClient admin, string call, string status, string name)
    {
        if ((call, status) == ("restoreVersion", "409"))
        {
            (await admin.PutAsync($"credentials/{name}", Twin(call))).Is(HttpStatusCode.Created);
            return;
        }

        if (call == "getUnreadableAnswer")
        {
            var sent = await Lab.PutDueAsync(name);
            Lab.Proxy.Decide(request => request.RefreshToken == sent.RefreshToken ? Fault.Malformed("not to be read") : null);
            (await admin.GetAsync($"credentials/{name}")).IsRefreshFailed();
            return;
        }

        if (call is "getLoginFlows" or "beginLogin" or "finishLogin" && (call, status) != ("beginLogin", "409"))
        {
            await Lab.PutAsync(name, (call, status) == ("beginLogin", "502") ? RefreshLab.LenientProviderName : RefreshLab.LoginProviderName);
            return;
        }

        if (call != "refreshCredential" || status == "409")
        {
            (await admin.PutCredentialAsync(name)).Is(HttpStatusCode.Created);
            return;
        }

        var tokens = await Lab.PutDueAsync(name);
        if (status == "502")
        {
            // The provider refuses this refresh token for good, because it has been used.
            await Lab.Provider.RefreshAsync(tokens.RefreshToken);
        }
    }

    // Returns the body that finishes a login in the documented way.
    private static async Task<string> BeginLoginAsync(VaultClient admin, string status, string name, bool isPresent)
    {
        if (!isPresent)
        {
            return """{"login":"none"}""";
        }

        var begun = (await admin.PostAsync($"credentials/{name}/login", new { flow = status == "502" ? "paste" : "device" })).Is(HttpStatusCode.OK).Json;
        if (status == "409")
        {
            (await admin.PutCredentialAsync(name)).Is(HttpStatusCode.Created);
        }

        var login = begun.GetProperty("login").GetString();
        return status == "502"
            ? JsonSerializer.Serialize(
                new { login, answer = $"http://localhost/?error=access_denied&state={StateOf(begun.GetProperty("authorizationUri").GetString()!)}" }
            )
            : JsonSerializer.Serialize(new { login });
    }

    private static string StateOf(string address) => QueryHelpers.ParseQuery(new Uri(address).Query)["state"].ToString();

    private static string Twin(string call) =>
        $$$"""{"type":"oauth-credentials","agent":"claude","data":{"accessToken":"at","refreshToken":"told-{{{call}}}","expiresAt":4102444800000}}""";

    private static string Query(string call, string status) =>
        (call, status) switch
        {
            ("listCredentials", "400") => "?limit=0",
            ("listCredentials", "200") => "?limit=1&cursor=a",
            ("listAudit", "400") => "?limit=0",
            ("listAudit", "200") => "?outcome=success&action=key.create&limit=1",
            ("countAudit", "400") => "?by=minute",
            ("countAudit", "200") => "?by=day&since=2026-01-01T00:00:00Z&until=2026-01-03T00:00:00Z",
            ("readUsage", "400") => "?by=minute",
            ("readUsage", "200") => "?by=key&from=2026-01-01&to=2026-01-02",
            ("listKeys", "400") => "?issued=perhaps",
            ("verifyAudit", "400") => "?anchor=axa2",
            ("refreshCredential" or "deleteKey", "400") => "?force=perhaps",
            ("refreshCredential", "200") => "?force=false",
            _ => "",
        };

    private StringContent? Body(string call, string status)
    {
        var smallest = call switch
        {
            "updateKey" when status == "409" => """{"grantAccess":[]}""",
            "rotateKey" => """{"overlapSeconds":0}""",
            "createKey" or "updateKey" => """{"name":"told"}""",
            "putCredential" when status == "409" => Twin(call),
            "putCredential" => """{"type":"api-key","data":{}}""",
            "annotateCredential" => """{"notes":"told"}""",
            "beginLogin" => """{"flow":"device"}""",
            "finishLogin" => _login,
            "readCredentials" => """{"names":["told"]}""",
            "putIssuer" => _workloads.IssuerBody(isNew: status == "201"),
            "putRule" => _workloads.RuleBody(),
            "testRule" => _workloads.TestBody(),
            _ => null,
        };
        return smallest is null
            ? null
            : new StringContent(
                status switch
                {
                    "400" => call == "rotateKey" ? """{"overlapSeconds":-1}""" : "{}",
                    "413" => smallest + new string(' ', 1 << 20),
                    _ => smallest,
                },
                Encoding.UTF8,
                status == "415" ? "text/plain" : "application/json"
            );
    }
}
