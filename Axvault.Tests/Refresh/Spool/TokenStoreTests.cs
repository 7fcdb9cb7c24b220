using Axvault.Api.Audit;
using Axvault.Api.Refresh;
using Axvault.Api.Refresh.Spool;
using Axvault.Tests.Audit;
using Axvault.Tests.Graph;
using Axvault.Tests.Server;
using Npgsql;

namespace Axvault.Tests.Refresh.Spool;

/// <summary>Tokens whose commit was not answered are stored once, whatever has become of their note meanwhile.</summary>
public sealed class TokenStoreTests(VaultGraph graph)
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task Tokens_that_are_stored_already_are_told_to_be_so_when_they_come_again(bool isNoteMoved, bool isReplaced)
    {
        await using var lab = await AuditLab.StartAsync(graph);
        await using var database = NpgsqlDataSource.Create(lab.ConnectionString);
        var writer = await lab.StartWriterAsync();
        var (put, next) = (lab.Put("a"), lab.Put("a", data: """{"access_token":"new"}"""));
        await writer.PutAsync(AuditLab.Entry(put), put);
        if (isReplaced)
        {
            var later = lab.Put("a", put.RowId);
            await writer.PutAsync(AuditLab.Entry(later), later);
        }

        await writer.StopAsync(CancellationToken);
        var now = DateTimeOffset.UtcNow;
        var refreshed = new RefreshedCredential(put.RowId, put.Name, 1, next.Envelope, now, now + TimeSpan.FromHours(1), TimeSpan.FromHours(1));
        var (note, keptNote) = (Note("stored"), Note("kept"));
        var store = new TokenStore(database);
        var expected = isReplaced ? TokenFate.Kept : TokenFate.Stored;
        Assert.Equal(expected, await store.CompleteAsync(refreshed, note, keptNote, CancellationToken));
        if (isNoteMoved)
        {
            Assert.Equal(1, await DatabaseContents.ExecuteAsync(lab.ConnectionString, "delete from axvault.audit_noted"));
        }

        Assert.Equal(expected, await store.CompleteAsync(refreshed, note, keptNote, CancellationToken));

        Assert.Equal(isNoteMoved ? 0 : 1, await DatabaseContents.ScalarAsync<long>(lab.ConnectionString, "select count(*) from axvault.audit_noted"));

        AuditNote Note(string reason) => lab.Vault.Note(AuditLab.Entry(reason) with { Action = AuditAction.CredentialRefresh });
    }

    [Fact]
    public async Task Tokens_of_a_version_that_somebody_else_has_refreshed_since_are_dropped()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        await using var database = NpgsqlDataSource.Create(lab.ConnectionString);
        var writer = await lab.StartWriterAsync();
        var put = lab.Put("a");
        await writer.PutAsync(AuditLab.Entry(put), put);
        await writer.StopAsync(CancellationToken);
        var store = new TokenStore(database);

        Assert.Equal(TokenFate.Stored, await CompleteAsync("first"));
        Assert.Equal(TokenFate.Dropped, await CompleteAsync("second"));

        Task<TokenFate> CompleteAsync(string token)
        {
            var now = DateTimeOffset.UtcNow;
            var refreshed = new RefreshedCredential(put.RowId, put.Name, 1, lab.Put("a", data: $$"""{"access_token":"{{token}}"}""").Envelope, now, now + TimeSpan.FromHours(1), null);
            return store.CompleteAsync(refreshed, lab.Vault.Note(AuditLab.Entry(token)), lab.Vault.Note(AuditLab.Entry(token)), CancellationToken);
        }
    }
}
