using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Provider;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Refresh;

/// <summary>Answers of success in unusual forms. No rotated token is lost: what cannot be read is kept for the operator.</summary>
public sealed class RefreshUnreadServerTests(RefreshFixture fixture, VaultGraph graph) : IClassFixture<RefreshFixture>
{
    private const string Unreadable = "\u0000 no token response \u0001";

    private RefreshLab Lab => fixture.Lab;

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("utf-16")]
    [InlineData("form")]
    [InlineData("wrapped")]
    [InlineData("camel")]
    [InlineData("large")]
    public async Task A_rotated_token_is_read_in_each_form(string form)
    {
        using var admin = Lab.Admin();
        var name = $"form.{form}";
        var first = await Lab.PutDueAsync(name);
        Lab.Proxy.Decide(request => request.RefreshToken == first.RefreshToken ? Make(form) : null);

        var answer = (await admin.GetAsync($"credentials/{name}")).IsRefreshed();

        var issued = Assert.Single(Lab.RequestsWith(first.RefreshToken)).Issued!;
        Assert.Equal((issued.AccessToken, issued.RefreshToken), (answer.Token("access_token"), answer.Token("refresh_token")));
        Assert.False(answer.Refresh().TryGetProperty("unreadableAnswer", out _));
        (await admin.GetAsync($"credentials/{name}/unreadable-answer")).Is(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task An_unreadable_answer_is_kept_until_the_next_success()
    {
        using var admin = Lab.Admin();
        await KeepAsync(admin, Lab, "kept");

        var read = await admin.GetAsync("credentials/kept");
        Assert.Equal(("unknown", "unexpected_answer"), (read.Status(), read.Refresh().GetProperty("error").GetString()));
        Assert.True(read.Refresh().GetProperty("unreadableAnswer").GetBoolean());
        var answer = (await admin.GetAsync("credentials/kept/unreadable-answer")).Is(HttpStatusCode.OK);
        Assert.Equal(Unreadable, Encoding.UTF8.GetString(answer.Json.GetProperty("body").GetBytesFromBase64()));
        Assert.Equal("no-store", answer.Headers["Cache-Control"]);
        Assert.Equal(
            1,
            await DatabaseContents.ScalarAsync<long>(
                Lab.ConnectionString,
                "select count(*) from axvault.audit_entry where action = 'credential.answer.read' and outcome = 'success' and target = 'kept'"
            )
        );
        Assert.False((await DatabaseContents.ReadAsync(Lab.ConnectionString)).Holds("no token response"));

        Lab.Proxy.Heal();
        await Lab.FallDueAsync(TimeSpan.FromMinutes(-1), "kept");
        Assert.False((await admin.GetAsync("credentials/kept")).IsRefreshed().Refresh().TryGetProperty("unreadableAnswer", out _));
        (await admin.GetAsync("credentials/kept/unreadable-answer")).Is(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task An_answer_whose_refresh_token_is_unreadable_is_kept_beside_the_new_access_token()
    {
        using var admin = Lab.Admin();
        var first = await Lab.PutDueAsync("part");
        Lab.Proxy.Decide(request =>
            request.RefreshToken == first.RefreshToken
                ? Fault.Answer(200, """{"access_token":"new","refresh_token":{"value":"rotated"},"expires_in":3600}""")
                : null
        );

        var answer = (await admin.GetAsync("credentials/part")).IsRefreshed();

        Assert.Equal(("new", true), (answer.Token("access_token"), answer.Refresh().GetProperty("unreadableAnswer").GetBoolean()));
        (await admin.GetAsync("credentials/part/unreadable-answer")).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_put_ends_the_answer_of_the_login_before_it()
    {
        using var admin = Lab.Admin();
        await KeepAsync(admin, Lab, "put");
        await Lab.PutAsync("put");
        (await admin.GetAsync("credentials/put/unreadable-answer")).Is(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Only_a_key_that_grants_everything_reads_an_unreadable_answer()
    {
        using var admin = Lab.Admin();
        await KeepAsync(admin, Lab, "guarded");
        using var other = await admin.WithNewKeyAsync(read: ["*"], write: ["*"], grant: ["guarded"]);
        (await other.GetAsync("credentials/guarded/unreadable-answer")).IsProblem(HttpStatusCode.Forbidden, "forbidden");
    }

    [Fact]
    public async Task An_answer_survives_the_death_of_its_server_in_the_spool()
    {
        await using var lab = await RefreshLab.StartAsync(graph);
        using (var admin = lab.Admin())
        {
            var first = await lab.PutDueAsync("crash");
            lab.Proxy.Decide(request => request.RefreshToken == first.RefreshToken ? Fault.Malformed(Unreadable) : null);

            // The database refuses the answer, so the server dies with it in the spool alone.
            await DatabaseContents.ExecuteAsync(lab.ConnectionString, "alter table axvault.unread_answer add constraint broken check (false)");
            var read = admin.GetAsync("credentials/crash");
            await Until.HoldsAsync(() => Directory.EnumerateFiles(lab.SpoolFolder, "*.answer").Any(), "the answer is in the spool");
            var file = Directory.EnumerateFiles(lab.SpoolFolder, "*.answer").Single();
            Assert.DoesNotContain("no token response", File.ReadAllText(file), StringComparison.Ordinal);
            await lab.Servers[0].KillAsync();
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => read);
        }

        await DatabaseContents.ExecuteAsync(lab.ConnectionString, "alter table axvault.unread_answer drop constraint broken");
        await lab.RestartAsync(0);
        using var again = lab.Admin();
        await Until.HoldsAsync(
            async () => (await again.GetAsync("credentials/crash/unreadable-answer")).Status == HttpStatusCode.OK,
            "the answer is in the database"
        );
        await Until.HoldsAsync(() => !Directory.EnumerateFiles(lab.SpoolFolder).Any(), "the spool is empty");
    }

    [Fact]
    public async Task A_kept_answer_moves_to_the_new_encryption_key()
    {
        await using var lab = await RefreshLab.StartAsync(graph);
        using (var admin = lab.Admin())
        {
            await KeepAsync(admin, lab, "moved");
        }

        Assert.Equal(0, await lab.Servers[0].StopAsync());
        var server = await lab.AddServerAsync(
            ("AXVAULT_ENCRYPTION_KEY", "the key after a rotation, of 40 characters"),
            ("AXVAULT_ENCRYPTION_KEY_PREVIOUS", ServerSettings.DefaultKey)
        );
        await Until.HoldsAsync(
            () => DatabaseContents.ScalarAsync<bool>(lab.ConnectionString, "select exists (select from axvault.rotation where finished_at > started_at)"),
            "the rotation is finished"
        );

        Assert.Equal(1, await DatabaseContents.ScalarAsync<long>(lab.ConnectionString, "select count(distinct kek_id) from axvault.kek"));
        using var after = lab.Admin(server);
        var answer = (await after.GetAsync("credentials/moved/unreadable-answer")).Is(HttpStatusCode.OK);
        Assert.Equal(Unreadable, Encoding.UTF8.GetString(answer.Json.GetProperty("body").GetBytesFromBase64()));
    }

    private static async Task KeepAsync(VaultClient admin, RefreshLab lab, string name)
    {
        var first = await lab.PutDueAsync(name);
        lab.Proxy.Decide(request => request.RefreshToken == first.RefreshToken ? Fault.Answer(200, Unreadable) : null);
        (await admin.GetAsync($"credentials/{name}")).IsRefreshFailed();
    }

    private static Fault Make(string form) =>
        form switch
        {
            "gzip" => Fault.Encode(static body => Compress(body, static stream => new GZipStream(stream, CompressionMode.Compress)), "gzip"),
            "br" => Fault.Encode(static body => Compress(body, static stream => new BrotliStream(stream, CompressionMode.Compress)), "br"),
            "utf-16" => Fault.Encode(static body => [0xFF, 0xFE, .. Encoding.Convert(Encoding.UTF8, Encoding.Unicode, body)]),
            "form" => Fault.Encode(static body =>
                Encoding.ASCII.GetBytes(
                    string.Join('&', JsonNode.Parse(body)!.AsObject().Select(static member => $"{member.Key}={WebUtility.UrlEncode($"{member.Value}")}"))
                )
            ),
            "wrapped" => Fault.Encode(static body => [.. "{\"code\":0,\"data\":"u8, .. body, .. "}"u8]),
            "camel" => Fault.Encode(static body =>
                Encoding.UTF8.GetBytes(
                    Encoding
                        .UTF8.GetString(body)
                        .Replace("access_token", "accessToken", StringComparison.Ordinal)
                        .Replace("refresh_token", "refreshToken", StringComparison.Ordinal)
                        .Replace("expires_in", "expiresIn", StringComparison.Ordinal)
                )
            ),
            _ => Fault.Huge(200_000),
        };

    private static byte[] Compress(byte[] body, Func<Stream, Stream> open)
    {
        using var result = new MemoryStream();
        using (var stream = open(result))
        {
            stream.Write(body);
        }

        return result.ToArray();
    }
}
