using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Provider;
using Axvault.Tests.Harness.Servers;
using CsCheck;

namespace Axvault.Tests.Refresh;

/// <summary>
/// Random sequences of reads, puts and failures, while time passes and servers are killed. The stored refresh token stays the newest one that a living server
/// received or that the user put. A token that may have been used is not sent again while that could lose the login.
/// </summary>
public sealed class RefreshPropertyServerTests(VaultGraph graph)
{
    private static readonly Gen<Fate> Fates = Gen.Frequency(
        (6, Gen.Const(Fate.Delivered)),
        (2, Gen.Const(Fate.Refused)),
        (1, Gen.Const(Fate.CutBefore)),
        (2, Gen.Const(Fate.CutAfter)),
        (1, Gen.Const(Fate.Malformed))
    );

    private static readonly Gen<Step> Steps = Gen.Frequency(
        (6, Gen.Select(Gen.Int[1, 4], Fates, static (readers, fate) => (Step)new Read(readers, fate))),
        (2, Fates.Select(static fate => (Step)new Order(fate))),
        (2, Gen.Select(Gen.Int[0, 1], Fates, static (_, fate) => (Step)new PushDuringRead(fate))),
        (1, Gen.Const((Step)new Push())),
        (4, Gen.Const((Step)new FallDue(false))),
        (3, Gen.Const((Step)new FallDue(true))),
        (1, Gen.Bool.Select(static afterwards => (Step)new Kill(afterwards ? HoldPoint.BeforeAnswering : HoldPoint.BeforeForwarding)))
    );

    internal enum Fate
    {
        Delivered,
        Refused,
        CutBefore,
        CutAfter,
        Malformed,
    }

    [Fact]
    public Task The_stored_token_is_the_newest_after_every_step() => RunAsync(sequences: 3);

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public Task The_stored_token_is_the_newest_after_every_step_of_many_sequences() => RunAsync(sequences: 40);

    private async Task RunAsync(int sequences)
    {
        await using var lab = await RefreshLab.StartAsync(graph, servers: 2, ("AXVAULT_REFRESH_TIMEOUT_MS", "5000"));
        // The observer shows the stored state and refreshes nothing.
        using var observer = lab.Admin(await lab.AddServerAsync(("AXVAULT_REFRESH_THRESHOLD", "0")));
        var number = 0;
        await Steps
            .Array[3, 12]
            .SampleAsync(
                async steps =>
                {
                    var run = new Run(lab, observer, string.Create(CultureInfo.InvariantCulture, $"property.{Interlocked.Increment(ref number)}"));
                    await run.PushAsync();
                    foreach (var step in steps)
                    {
                        await step.ApplyAsync(run);
                        await run.VerifyAsync();
                    }
                },
                iter: sequences,
                threads: 1
            );
    }

    /// <summary>One sequence of steps on a credential of its own.</summary>
    private sealed class Run
    {
        private readonly ConcurrentDictionary<int, Fate> _fates = [];
        private readonly ConcurrentDictionary<int, bool> _killed = [];
        private readonly ConcurrentDictionary<int, bool> _allowed = [];
        private readonly RefreshLab _lab;
        private readonly VaultClient _observer;
        private string _pushed = "";
        private string _newest = "";
        private volatile bool _expired;

        public Run(RefreshLab lab, VaultClient observer, string name)
        {
            (_lab, _observer, Name) = (lab, observer, name);
            lab.Proxy.Decide(request =>
            {
                _fates[request.Number] = Next;
                _allowed[request.Number] = _expired || Forced;
                return Next switch
                {
                    Fate.Refused => Fault.Answer(503),
                    Fate.CutBefore => Fault.CutBefore,
                    Fate.CutAfter => Fault.CutAfter,
                    Fate.Malformed => Fault.Malformed(),
                    _ => Fault.None,
                };
            });
        }

        public string Name { get; }

        public Fate Next { get; set; }

        public bool Forced { get; set; }

        public VaultClient Client(int server) => _lab.Admin(server % 2);

        public Gate Hold(HoldPoint point) => _lab.Proxy.Hold(point);

        public async Task PushAsync()
        {
            _newest = _pushed = (await _lab.PutAsync(Name)).RefreshToken;
            _expired = false;
        }

        // An expired access token stays expired.
        public Task FallDueAsync(bool expired)
        {
            _expired |= expired;
            return _lab.FallDueAsync(TimeSpan.FromMinutes(_expired ? -1 : 5), Name);
        }

        public async Task KillAsync(ProxiedRequest held)
        {
            _killed[held.Number] = true;
            await _lab.RestartAsync(0);
        }

        public async Task VerifyAsync()
        {
            var answer = (await _observer.GetAsync($"credentials/{Name}")).IsNotDue();
            var requests = _lab.Proxy.Requests;
            var newest = _pushed;
            while (requests.FirstOrDefault(request => request.RefreshToken == newest && request.Issued is not null && IsDelivered(request)) is { } delivered)
            {
                newest = delivered.Issued!.RefreshToken;
            }

            // New access tokens have not expired.
            _expired &= newest == _newest;
            _newest = newest;

            Assert.True(newest == answer.Token("refresh_token"), $"{Name}: the stored token is not the newest ({answer.Status() ?? "no status"}).");
            foreach (var uses in requests.Where(request => _fates.ContainsKey(request.Number)).GroupBy(static request => request.RefreshToken))
            {
                var mayBeUsed = false;
                foreach (var use in uses)
                {
                    Assert.True(!mayBeUsed || _allowed[use.Number], $"{Name}: a token that may have been used was sent again ({use}).");
                    mayBeUsed |= _fates[use.Number] != Fate.Refused || _killed.ContainsKey(use.Number);
                }
            }
        }

        private bool IsDelivered(ProxiedRequest request) => _fates.GetValueOrDefault(request.Number) == Fate.Delivered && !_killed.ContainsKey(request.Number);
    }

    private abstract record Step
    {
        public abstract Task ApplyAsync(Run run);
    }

    private sealed record Read(int Readers, Fate Fate) : Step
    {
        public override async Task ApplyAsync(Run run)
        {
            run.Next = Fate;
            await Task.WhenAll(
                Enumerable
                    .Range(0, Readers)
                    .Select(async reader =>
                    {
                        using var client = run.Client(reader);
                        (await client.GetAsync($"credentials/{run.Name}")).Is(HttpStatusCode.OK);
                    })
            );
        }
    }

    private sealed record Order(Fate Fate) : Step
    {
        public override async Task ApplyAsync(Run run)
        {
            run.Next = Fate;
            using var client = run.Client(1);
            var answer = await client.SendAsync(HttpMethod.Post, $"credentials/{run.Name}/refresh");
            Assert.True(answer.Status is HttpStatusCode.OK or HttpStatusCode.Conflict or HttpStatusCode.BadGateway, answer.Text);
        }
    }

    private sealed record Push : Step
    {
        public override Task ApplyAsync(Run run) => run.PushAsync();
    }

    private sealed record PushDuringRead(Fate Fate) : Step
    {
        public override async Task ApplyAsync(Run run)
        {
            run.Next = Fate;
            using var gate = run.Hold(HoldPoint.BeforeAnswering);
            using var client = run.Client(0);
            var read = client.GetAsync($"credentials/{run.Name}");
            await Task.WhenAny(read, gate.ReachedAsync());
            await run.PushAsync();
            gate.Release();
            (await read).Is(HttpStatusCode.OK);
        }
    }

    private sealed record FallDue(bool Expired) : Step
    {
        public override Task ApplyAsync(Run run) => run.FallDueAsync(Expired);
    }

    private sealed record Kill(HoldPoint Point) : Step
    {
        public override async Task ApplyAsync(Run run)
        {
            run.Next = Fate.Delivered;
            using var gate = run.Hold(Point);
            using var client = run.Client(0);
            var read = client.GetAsync($"credentials/{run.Name}");
            var reached = gate.ReachedAsync();
            if (await Task.WhenAny(read, reached) == reached)
            {
                await run.KillAsync(await reached);
                gate.Release();
                await Assert.ThrowsAnyAsync<HttpRequestException>(() => read);
            }
        }
    }
}
