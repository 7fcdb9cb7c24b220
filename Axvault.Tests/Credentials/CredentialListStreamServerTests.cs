using System.Net.Http.Headers;
using System.Text;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Credentials;

/// <summary>A list of all credentials is sent while the server reads it page by page.</summary>
public sealed class CredentialListStreamServerTests(VaultGraph graph)
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_list_that_fails_midway_is_cut_off_and_is_not_valid_JSON()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString));

        // More rows than the buffers between the server and the client can hold.
        await DatabaseContents.ExecuteAsync(
            database.ConnectionString,
            """
            with versions as (
              insert into axvault.credential_version (id, name, type, notes, envelope, created_at, updated_at, current_since)
              select gen_random_uuid(), 'bulk.' || n, 'api-key', repeat('n', 4096), '\x02'::bytea || sha512('x') || sha256('x'), now(), now(), now()
              from generate_series(1, 8000) as n
              returning name, id)
            insert into axvault.credential (name, version_id) select name, id from versions
            """
        );
        using var http = new HttpClient { BaseAddress = server.Address };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", server.BootstrapSecret);
        using var answer = await http.GetAsync(new Uri("/api/v1/credentials", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, CancellationToken);
        Assert.Equal(System.Net.HttpStatusCode.OK, answer.StatusCode);
        await using var body = await answer.Content.ReadAsStreamAsync(CancellationToken);
        var start = new byte[16];
        await body.ReadExactlyAsync(start, CancellationToken);

        await DatabaseContents.ExecuteAsync(database.ConnectionString, "alter table axvault.credential rename to gone");

        Assert.Equal("""{"credentials":[""", Encoding.UTF8.GetString(start));
        await Assert.ThrowsAnyAsync<IOException>(() => body.CopyToAsync(Stream.Null, CancellationToken));
        using var client = server.Client();
        Assert.Equal(System.Net.HttpStatusCode.OK, (await client.GetAsync("/alive")).Status);
    }
}
