using System.Net.Http.Headers;
using System.Text;
using Axvault.Tests.Graph;
using Axvault.Tests.Server;

namespace Axvault.Tests.Credentials;

/// <summary>A list of all credentials is read page by page while it is sent.</summary>
public sealed class CredentialListStreamServerTests(VaultGraph graph)
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_list_that_cannot_be_finished_is_cut_off_and_is_no_JSON()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString));

        // More than what lies between the two can hold.
        await DatabaseContents.ExecuteAsync(
            database.ConnectionString,
            """
            insert into axvault.credential (id, name, type, notes, envelope, version, created_at, updated_at)
            select gen_random_uuid(), 'bulk.' || n, 'api-key', repeat('n', 4096), '\x01'::bytea || sha512('x') || sha256('x'), 1, now(), now()
            from generate_series(1, 8000) as n
            """);
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
