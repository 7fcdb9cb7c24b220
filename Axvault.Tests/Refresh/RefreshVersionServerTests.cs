using System.Net;
using Axvault.Tests.Provider;
using Axvault.Tests.Server;

namespace Axvault.Tests.Refresh;

/// <summary>A refresh that is under way when its credential is replaced or deleted loses no token: whatever state it belongs to has it in the end.</summary>
public sealed class RefreshVersionServerTests(RefreshFixture fixture) : IClassFixture<RefreshFixture>
{
    private RefreshLab Lab => fixture.Lab;

    [Fact]
    public async Task New_tokens_of_a_credential_that_was_deleted_meanwhile_come_back_with_it()
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

        await AssertHasNewAsync("undeleted", first);
    }

    [Fact]
    public async Task New_tokens_of_a_credential_that_was_put_meanwhile_are_in_the_state_that_is_kept()
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

        await AssertHasNewAsync("replaced", first);
    }

    [Fact]
    public async Task New_tokens_of_a_state_that_was_replaced_and_restored_meanwhile_are_in_the_credential_and_nobody_used_the_old_one_twice()
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

        await AssertHasNewAsync("restored", first);
    }

    [Fact]
    public async Task A_refusal_that_comes_after_a_deletion_is_what_the_kept_state_tells()
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

    private async Task AssertHasNewAsync(string name, IssuedTokens first)
    {
        using var admin = Lab.Admin();
        var issued = Assert.Single(Lab.RequestsWith(first.RefreshToken)).Issued!;
        await Until.HoldsAsync(async () => (await admin.GetAsync($"credentials/{name}")).Token("refresh_token") == issued.RefreshToken, "the new tokens are stored");
        Assert.Equal("ok", (await admin.GetAsync($"credentials/{name}")).IsNotDue().Status());
    }
}
