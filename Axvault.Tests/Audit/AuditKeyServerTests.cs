using System.Net;
using System.Text.RegularExpressions;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Audit;

/// <summary>The history stays verifiable after its keys are gone, also by the command line. A history that was cut off is reported.</summary>
public sealed partial class AuditKeyServerTests(VaultGraph graph)
{
    private const string LastPut =
        "select lane, sequence from axvault.audit_entry where action = 'credential.put' order by at desc, lane desc, sequence desc limit 1";

    private const string NewKey = "the-second-encryption-key-of-the-tests-01234";

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task History_is_verified_after_the_key_that_wrote_it_is_gone()
    {
        await using var database = await graph.CreateDatabaseAsync();
        string? secret;
        await using (var first = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString)))
        {
            secret = first.BootstrapSecret;
            Assert.Equal(0, await first.StopAsync());
        }

        await using (
            var both = await VaultServer.StartAsync(
                new ServerSettings(database.ConnectionString) { EncryptionKey = NewKey, PreviousEncryptionKeys = ServerSettings.DefaultKey }
            )
        )
        {
            await Until.HoldsAsync(
                async () => await DatabaseContents.ScalarAsync<long>(database.ConnectionString, "select count(*) from axvault.kek") == 1,
                "the rotation has ended"
            );
            Assert.Equal(0, await both.StopAsync());
        }

        await using var last = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString) { EncryptionKey = NewKey });
        using var admin = last.Client(secret);
        var written = await DatabaseContents.ScalarAsync<long>(database.ConnectionString, "select count(*) from axvault.audit_entry");
        var report = (await admin.GetAsync("audit/verify")).Is(HttpStatusCode.OK).Json;

        Assert.True(report.GetProperty("valid").GetBoolean());
        Assert.InRange(report.GetProperty("entries").GetInt64(), written, written + 10);
        Assert.Equal(2, await DatabaseContents.ScalarAsync<long>(database.ConnectionString, "select count(distinct kek_id) from axvault.audit_entry"));
    }

    [Fact]
    public async Task The_command_verifies_and_an_anchor_of_the_log_shows_that_the_tail_was_cut_off()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString));
        using var admin = server.Client(server.BootstrapSecret);
        (await admin.PutCredentialAsync("last")).Is(HttpStatusCode.Created);
        Assert.Equal(0, await server.StopAsync());
        Assert.True(
            await DatabaseContents.ScalarAsync<bool>(database.ConnectionString, "select last_used_at > now() - interval '1 minute' from axvault.api_key")
        );
        var anchor = Assert.Single(
            server
                .Output.Select(static line => Anchor().Match(line))
                .Where(static match => match.Success)
                .Select(static match => match.Value)
                .Distinct()
                .TakeLast(1)
        );

        var intact = await VerifyAsync(database, "--anchor", anchor);
        Assert.Equal((0, ""), (intact.ExitCode, intact.Errors));
        Assert.Matches(@"^The audit log is intact: 5 entries in [0-9]+ lanes, up to checkpoint [0-9]+\. Keep its head: axa2\.", intact.Output);

        // The attacker removes the newest entries, and all checkpoints that recorded them. The lanes look as if they were open. The first entry of each lane
        // stays: a lane that was opened must not be gone.
        await DatabaseContents.ExecuteAsync(
            database.ConnectionString,
            """
            delete from axvault.audit_entry where action in ('credential.put', 'server.stop') and sequence > 1;
            create temporary table opened as select max(number) as number from axvault.checkpoint_lane where event = 'opened';
            delete from axvault.checkpoint_lane where number > (select number from opened);
            delete from axvault.checkpoint where number > (select number from opened);
            insert into axvault.lane (id, server, sequence, at, mac)
            select distinct on (lane) lane, gen_random_uuid(), sequence, at, mac from axvault.audit_entry order by lane, sequence desc;
            """
        );
        var looksIntact = await VerifyAsync(database);
        Assert.True(looksIntact.ExitCode == 0, looksIntact.Output);
        var cut = await VerifyAsync(database, "--anchor", anchor);
        Assert.Equal(1, cut.ExitCode);
        Assert.Matches("^The audit log is broken at checkpoint [0-9]+ \\(removed\\): ", cut.Output);

        Assert.Equal(2, (await VerifyAsync(database, "--anchor", "nonsense")).ExitCode);
        var wrong = VaultServer.StartInfo(["audit", "verify"]);
        wrong.Environment["AXVAULT_DATABASE_URL"] = database.ConnectionString;
        wrong.Environment["AXVAULT_ENCRYPTION_KEY"] = NewKey;
        var refused = await ProgramRun.ToEndAsync(wrong);
        Assert.Equal(1, refused.ExitCode);
        Assert.StartsWith("axvault: AXVAULT_ENCRYPTION_KEY is not the key of this vault", refused.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_running_server_notices_that_its_newest_entries_were_cut_off()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString));
        using var admin = server.Client(server.BootstrapSecret);
        var isFirstOfItsLane = true;
        // The cut leaves the entry before the put, so the put must not be the first entry of a lane.
        while (isFirstOfItsLane)
        {
            (await admin.PutCredentialAsync("last")).Is(HttpStatusCode.Created);
            await Until.HoldsAsync(
                () =>
                    DatabaseContents.ScalarAsync<bool>(
                        database.ConnectionString,
                        $"select exists (select from axvault.checkpoint_lane c join ({LastPut}) e on e.lane = c.lane and e.sequence = c.sequence)"
                    ),
                "a checkpoint has recorded the put"
            );
            isFirstOfItsLane = await DatabaseContents.ScalarAsync<bool>(
                database.ConnectionString,
                $"select not exists (select from axvault.audit_entry p join ({LastPut}) e on e.lane = p.lane and p.sequence = e.sequence - 1)"
            );
        }

        await DatabaseContents.ExecuteAsync(
            database.ConnectionString,
            $"""
            with cut as (
              delete from axvault.audit_entry d using ({LastPut}) e where d.lane = e.lane and d.sequence = e.sequence returning d.lane, d.sequence)
            update axvault.lane l set (sequence, at, mac) = (
              select e.sequence, e.at, e.mac from axvault.audit_entry e where e.lane = cut.lane and e.sequence = cut.sequence - 1)
            from cut where l.id = cut.lane
            """
        );

        var report = (await admin.GetAsync("audit/verify")).Is(HttpStatusCode.OK).Json;

        Assert.Equal(
            (false, "removed", 2),
            (report.GetProperty("valid").GetBoolean(), report.GetProperty("fault").GetString(), report.GetProperty("sequence").GetInt32())
        );
        await server.WaitForOutputAsync("The ledger was cut off, or the database was restored");
        await Until.HoldsAsync(
            async () => (await admin.GetAsync("audit?action=audit.rollback")).Json.GetProperty("entries").GetArrayLength() > 0,
            "the cut is recorded"
        );
    }

    [Theory]
    [Trait("Category", "Long")]
    [InlineData("127.0.0.0/8", "203.0.113.9", "203.0.113.9", Explicit = true)]
    [InlineData("127.0.0.0/8", "203.0.113.9, 127.0.0.7", "203.0.113.9", Explicit = true)]
    [InlineData("127.0.0.1", "198.51.100.1, 203.0.113.9", "203.0.113.9")]
    [InlineData("10.0.0.0/8", "203.0.113.9", "127.0.0.1")]
    [InlineData("", "203.0.113.9", "127.0.0.1", Explicit = true)]
    public async Task A_forwarded_address_is_believed_from_a_trusted_proxy_only(string proxies, string forwarded, string address)
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(
            new ServerSettings(database.ConnectionString) { Variables = new Dictionary<string, string> { ["AXVAULT_TRUSTED_PROXIES"] = proxies } }
        );
        using var admin = server.Client(server.BootstrapSecret);

        (await admin.SendAsync(HttpMethod.Get, "credentials", headers: headers => headers.TryAddWithoutValidation("X-Forwarded-For", forwarded))).Is(
            HttpStatusCode.OK
        );

        var entry = (await admin.GetAsync("audit?action=credential.list")).Json.GetProperty("entries")[0];
        Assert.Equal(address, entry.GetProperty("clientAddress").GetString());
    }

    private static Task<ProgramRun> VerifyAsync(TestDatabase database, params string[] arguments)
    {
        var start = VaultServer.StartInfo(["audit", "verify", .. arguments]);
        start.Environment["AXVAULT_DATABASE_URL"] = database.ConnectionString;
        start.Environment["AXVAULT_ENCRYPTION_KEY"] = ServerSettings.DefaultKey;
        return ProgramRun.ToEndAsync(start);
    }

    [GeneratedRegex(@"axa2\.[0-9A-Za-z._-]+")]
    private static partial Regex Anchor();
}
