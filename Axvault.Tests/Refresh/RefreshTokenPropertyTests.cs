using System.Globalization;
using System.Net;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Provider;
using Axvault.Tests.Harness.Servers;
using CsCheck;

namespace Axvault.Tests.Refresh;

/// <summary>
/// Random sequences on three servers: files are put again, put under a second name, and restored, while credentials are read, refreshed and deleted, and
/// servers are killed. The provider revokes a login when a refresh token comes twice. No token comes twice, and a login that the vault serves is alive.
/// </summary>
public sealed class RefreshTokenPropertyTests(VaultGraph graph)
{
    private const int Servers = 3;
    private const int Names = 3;

    private static readonly Gen<Step> Steps = Gen.Select(
        Gen.Frequency(
            (6, Gen.Const(Act.Read)),
            (2, Gen.Const(Act.PutNew)),
            (5, Gen.Const(Act.PutOld)),
            (4, Gen.Const(Act.Restore)),
            (2, Gen.Const(Act.Delete)),
            (2, Gen.Const(Act.Undelete)),
            (1, Gen.Const(Act.Kill))
        ),
        Gen.Int[0, Servers - 1],
        Gen.Int[0, Names - 1],
        Gen.Int[0, 99],
        static (act, server, name, choice) => new Step(act, server, name, choice)
    );

    private enum Act
    {
        Read,
        PutNew,

        /// <summary>Puts a file that was issued before, whatever became of its tokens.</summary>
        PutOld,
        Restore,
        Delete,
        Undelete,
        Kill,
    }

    [Fact]
    public Task No_refresh_token_is_sent_twice() => RunAsync(sequences: 4);

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public Task No_refresh_token_is_sent_twice_in_many_sequences() => RunAsync(sequences: 60);

    private async Task RunAsync(int sequences)
    {
        await using var lab = await RefreshLab.StartAsync(graph, Servers);
        var number = 0;
        await Steps
            .Array[1, 4]
            .Array[3, 10]
            .SampleAsync(
                async rounds =>
                {
                    var run = new Run(lab, Interlocked.Increment(ref number));
                    foreach (var round in rounds)
                    {
                        await lab.FallDueAsync(TimeSpan.FromMinutes(5));
                        // A server that is killed answers no one, so it is killed after the other steps.
                        await Task.WhenAll(round.Where(static step => step.Act != Act.Kill).Select(run.ApplyAsync));
                        foreach (var kill in round.Where(static step => step.Act == Act.Kill).DistinctBy(static step => step.Server))
                        {
                            await run.KillDuringReadAsync(kill);
                        }
                    }

                    run.Verify();
                },
                iter: sequences,
                threads: 1
            );
    }

    private sealed record Step(Act Act, int Server, int Name, int Choice);

    /// <summary>One sequence on names of its own.</summary>
    private sealed class Run(RefreshLab lab, int number)
    {
        private readonly List<IssuedTokens> _files = [];
        private readonly int _before = lab.Proxy.Requests.Count;

        public async Task ApplyAsync(Step step)
        {
            using var client = lab.Admin(step.Server);
            var path = $"credentials/{Name(step)}";
            var answer = step.Act switch
            {
                Act.Read => await client.GetAsync(path),
                Act.PutNew => await PutAsync(client, path, await IssueAsync()),
                Act.PutOld => await PutAsync(client, path, Choose(step.Choice) ?? await IssueAsync()),
                Act.Restore => await RestoreAsync(client, path, step.Choice),
                Act.Delete => await client.DeleteAsync(path),
                _ => await client.PostAsync($"{path}/undelete", ""),
            };
            Assert.True((int)answer.Status < 500, answer.Text);
        }

        // The server dies while the provider has the token: its answer reaches no one.
        public async Task KillDuringReadAsync(Step step)
        {
            using var client = lab.Admin(step.Server);
            using var gate = lab.Proxy.Hold(HoldPoint.BeforeAnswering);
            var read = client.GetAsync($"credentials/{Name(step)}");
            var reached = gate.ReachedAsync();
            if (await Task.WhenAny(read, reached) == reached)
            {
                await lab.RestartAsync(step.Server);
                gate.Release();
                await Assert.ThrowsAnyAsync<HttpRequestException>(() => read);
            }
        }

        public void Verify()
        {
            var sent = lab.Proxy.Requests.Skip(_before).ToList();
            Assert.Equal(sent.Count, sent.Select(static request => request.RefreshToken).Distinct().Count());
            Assert.All(sent, static request => Assert.Equal(HttpStatusCode.OK, request.ProviderStatus));
        }

        private string Name(Step step) => string.Create(CultureInfo.InvariantCulture, $"twin.{number}.{step.Name}");

        private async Task<IssuedTokens> IssueAsync()
        {
            var issued = await lab.Provider.IssueAsync();
            lock (_files)
            {
                _files.Add(issued);
            }

            return issued;
        }

        // Files of logins, and copies of what the vault has handed out.
        private IssuedTokens? Choose(int choice)
        {
            lock (_files)
            {
                List<IssuedTokens> known = [.. _files, .. lab.Proxy.Requests.Skip(_before).Select(static request => request.Issued).OfType<IssuedTokens>()];
                return known.Count == 0 ? null : known[choice % known.Count];
            }
        }

        private static async Task<Answer> RestoreAsync(VaultClient client, string path, int choice)
        {
            var listed = await client.GetAsync($"{path}/versions");
            if (listed.Status != HttpStatusCode.OK || listed.Json.GetProperty("versions").GetArrayLength() is not (> 0 and var count))
            {
                return listed;
            }

            var version = listed.Json.GetProperty("versions")[choice % count].GetProperty("version").GetString();
            return await client.PostAsync($"{path}/versions/{version}/restore", "");
        }

        private static Task<Answer> PutAsync(VaultClient client, string path, IssuedTokens issued)
        {
            var data = new Dictionary<string, object>
            {
                ["access_token"] = issued.AccessToken,
                ["refresh_token"] = issued.RefreshToken,
                ["expires_at"] = DateTimeOffset.UtcNow.AddMinutes(5).ToUnixTimeMilliseconds(),
            };
            return client.PutAsync(
                path,
                new
                {
                    type = "oauth-credentials",
                    provider = RefreshLab.ProviderName,
                    data,
                }
            );
        }
    }
}
