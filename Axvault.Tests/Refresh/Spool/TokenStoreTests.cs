using System.Text;
using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Chain;
using Axvault.Api.Database;
using Axvault.Api.Encryption;
using Axvault.Api.Refresh;
using Axvault.Api.Refresh.Spool;
using Axvault.Tests.Audit;
using Axvault.Tests.Harness.Graph;

namespace Axvault.Tests.Refresh.Spool;

/// <summary>Tokens are stored once, with one audit entry, even when they are stored again because an answer was lost.</summary>
public sealed class TokenStoreTests(VaultGraph graph)
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task Tokens_stored_before_report_the_same_result_again(bool isBlocked, bool isReplaced)
    {
        await using var lab = await AuditLab.StartAsync(graph);
        var put = lab.Put("a");
        await lab.Server.PutAsync(put);
        if (isReplaced)
        {
            await lab.PutAsync("a");
        }

        if (isBlocked)
        {
            Assert.True(lab.Server.Get<AuditState>().Block());
        }

        var refreshed = Refreshed(lab, put.VersionId, put.Name, "new");
        var expected = isReplaced ? TokenFate.Kept : TokenFate.Stored;

        Assert.Equal(expected, await CompleteAsync(lab, refreshed));
        Assert.Equal(expected, await CompleteAsync(lab, refreshed));

        var where = $"action = 'credential.refresh' and reason like '{(isReplaced ? "kept" : "stored")}; version {put.VersionId} revision 2'";
        Assert.Equal(isBlocked ? 0 : 1, await lab.CountAsync($"axvault.audit_entry where {where}"));
        Assert.Equal(isBlocked ? 1 : 0, await lab.CountAsync("axvault.audit_note"));
    }

    [Fact]
    public async Task Tokens_of_a_version_refreshed_meanwhile_are_dropped()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        var put = lab.Put("a");
        await lab.Server.PutAsync(put);

        Assert.Equal(TokenFate.Stored, await CompleteAsync(lab, Refreshed(lab, put.VersionId, put.Name, "first")));
        Assert.Equal(TokenFate.Dropped, await CompleteAsync(lab, Refreshed(lab, put.VersionId, put.Name, "second")));
        Assert.Equal(1, await lab.CountAsync("axvault.audit_entry where action = 'credential.refresh'"));
    }

    private static RefreshedCredential Refreshed(AuditLab lab, Guid version, CredentialName name, string token)
    {
        var now = DateTimeOffset.UtcNow;
        var refreshed = new RefreshedCredential(version, name, 1, [], now, now + TimeSpan.FromHours(1), TimeSpan.FromHours(1))
        {
            Subject = new EnvelopeSubject("api-key", null, null, now + TimeSpan.FromHours(1), 2),
        };
        return refreshed with { Envelope = lab.Server.Vault.Encrypt(refreshed.Context, Encoding.UTF8.GetBytes($$"""{"access_token":"{{token}}"}""")) };
    }

    private static Task<TokenFate> CompleteAsync(AuditLab lab, RefreshedCredential refreshed) =>
        new TokenStore(lab.Server.Ledger, lab.Server.Get<StatementPreparation>()).CompleteAsync(
            refreshed,
            Entry("stored"),
            Entry("kept"),
            CancellationToken
        );

    private static AuditEntry Entry(string reason) => AuditLab.Entry(reason) with { Action = AuditAction.CredentialRefresh };
}
