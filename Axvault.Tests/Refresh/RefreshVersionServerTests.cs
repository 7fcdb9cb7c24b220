using System.Net;
using Axvault.Tests.Harness.Provider;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Refresh;

/// <summary>A refresh under way while its credential is replaced or deleted loses no token: the version it belongs to gets it in the end.</summary>
public sealed class RefreshVersionServerTests(RefreshFixture fixture) : IClassFixture<RefreshFixture>
{
    private RefreshLab Lab => fixture.Lab;

    [Fact]
    public async Task New_tokens_of_a_deleted_credential_return_with_its_undelete()
    {
        using var admin = Lab.Admin();
        var (first, gate, read) = await BeginAsync("undeleted");
        using (gate)
        {
            (await admin.DeleteAsync("credentials/undeleted")).Is(HttpStatusCode.NoContent);
            gate.Release();
        }

        (await read).Is(HttpStatusCode.OK);
        (await admin.GetAsync("credentials/undeleted")).IsNotFound();
        (await admin.PostAsync("credentials/undeleted/undelete", "")).Is(HttpStatusCode.OK);

        await AssertHasNewTokensAsync("undeleted", first);
    }

    [Fact]
    public async Task New_tokens_of_a_replaced_credential_go_to_its_kept_version()
    {
        using var admin = Lab.Admin();
        var (first, gate, read) = await BeginAsync("replaced");
        using (gate)
        {
            await Lab.PutAsync("replaced");
            gate.Release();
        }

        (await read).Is(HttpStatusCode.OK);
        var version = (await admin.GetAsync("credentials/replaced/versions")).Json.GetProperty("versions")[0].GetProperty("version").GetString();
        var kept = (await admin.GetAsync($"credentials/replaced/versions/{version}")).Is(HttpStatusCode.OK);
        Assert.Equal((Assert.Single(Lab.RequestsWith(first.RefreshToken)).Issued!.RefreshToken, "ok"), (kept.Token("refresh_token"), kept.Status()));
        (await admin.PostAsync($"credentials/replaced/versions/{version}/restore", "")).Is(HttpStatusCode.OK);

        await AssertHasNewTokensAsync("replaced", first);
    }

    [Fact]
    public async Task New_tokens_of_a_replaced_and_restored_version_go_to_the_credential()
    {
        using var admin = Lab.Admin();
        var (first, gate, read) = await BeginAsync("restored");
        using (gate)
        {
            await Lab.PutAsync("restored");
            var version = (await admin.GetAsync("credentials/restored/versions")).Json.GetProperty("versions")[0].GetProperty("version").GetString();
            (await admin.PostAsync($"credentials/restored/versions/{version}/restore", "")).Is(HttpStatusCode.OK);
            gate.Release();
        }

        (await read).Is(HttpStatusCode.OK);

        await AssertHasNewTokensAsync("restored", first);
    }

    [Fact]
    public async Task A_refusal_after_a_deletion_is_stored_with_the_kept_version()
    {
        using var admin = Lab.Admin();
        var first = await Lab.PutDueAsync("refused");
        Lab.Proxy.Decide(request => request.RefreshToken == first.RefreshToken ? Fault.Error("invalid_grant") : null);
        using var gate = Lab.Proxy.Hold(HoldPoint.BeforeAnswering, request => request.RefreshToken == first.RefreshToken);
        var read = admin.GetAsync("credentials/refused");
        await gate.ReachedAsync();
        (await admin.DeleteAsync("credentials/refused")).Is(HttpStatusCode.NoContent);
        gate.Release();
        await read;

        (await admin.PostAsync("credentials/refused/undelete", "")).Is(HttpStatusCode.OK);

        Assert.Equal("failed", (await admin.GetAsync("credentials/refused")).IsRefreshFailed().Status());
        Assert.Single(Lab.RequestsWith(first.RefreshToken));
        Lab.Proxy.Heal();
    }

    private async Task<(IssuedTokens First, Gate Gate, Task<Answer> Read)> BeginAsync(string name)
    {
        var first = await Lab.PutDueAsync(name);
        var gate = Lab.Proxy.Hold(HoldPoint.BeforeAnswering, request => request.RefreshToken == first.RefreshToken);
        var reader = Lab.Admin();
        var read = reader.GetAsync($"credentials/{name}");
        await gate.ReachedAsync();
        return (first, gate, read);
    }

    private async Task AssertHasNewTokensAsync(string name, IssuedTokens first)
    {
        using var admin = Lab.Admin();
        var issued = Assert.Single(Lab.RequestsWith(first.RefreshToken)).Issued!;
        await Until.HoldsAsync(
            async () => (await admin.GetAsync($"credentials/{name}")).Token("refresh_token") == issued.RefreshToken,
            "the new tokens are stored"
        );
        Assert.Equal("ok", (await admin.GetAsync($"credentials/{name}")).IsNotDue().Status());
    }
}
