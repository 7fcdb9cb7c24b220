using System.Net;
using Axvault.Tests.Server;
using CsCheck;

namespace Axvault.Tests.Properties;

/// <summary>Any sequence of calls on keys and credentials is answered as a model in memory says.</summary>
public sealed class VaultModelServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    private const int Sequences = 60;

    // Each run puts a prefix of its own in place of the ~.
    private static readonly Gen<string> Entry = Gen.OneOf("~a", "~b", "~a.*", "~a*", "~*", "~a.x", "*");
    private static readonly Gen<string> Name = Gen.OneOf("~a", "~b", "~a.x", "~a.y", "~A", "~a-");
    private static readonly Gen<string[]> Entries = Entry.Array[0, 3];
    private static readonly Gen<string[]?> Patch = Gen.Frequency((1, Gen.Const(static () => (string[]?)null)), (1, Entries.Select(static entries => (string[]?)entries)));
    private static readonly Gen<int> Index = Gen.Int[0, 15];

    private static readonly Gen<ModelLimit> Limit = Gen.Frequency((3, Gen.Const(ModelLimit.None)), (1, Gen.OneOf(ModelLimit.Far, ModelLimit.Here, ModelLimit.Elsewhere)));
    private static readonly Gen<ModelLimit?> LimitPatch = Gen.Frequency(
        (4, Gen.Const(static () => (ModelLimit?)null)), (1, Gen.Enum<ModelLimit>().Select(static limit => (ModelLimit?)limit)));

    private static readonly Gen<Operation> Operations = Gen.Frequency(
        (3, Gen.Select(Index, Entries, Entries, Entries, Limit, static (caller, read, write, grant, limit) => (Operation)new CreateKey(caller, read, write, grant, limit))),
        (3, Gen.Select(Index, Index, Patch, Patch, Patch, LimitPatch, static (caller, target, read, write, grant, limit) => (Operation)new PatchKey(caller, target, read, write, grant, limit))),
        (2, Gen.Select(Index, Index, Gen.Bool, Gen.Bool, static (caller, target, overlaps, byPrevious) => (Operation)new RotateKey(caller, target, overlaps, byPrevious))),
        (2, Gen.Select(Index, Name, static (caller, name) => (Operation)new GetByPrevious(caller, name))),
        (1, Gen.Select(Index, Index, static (caller, target) => (Operation)new DeleteKey(caller, target))),
        (1, Gen.Select(Index, Index, static (caller, target) => (Operation)new GetKey(caller, target))),
        (4, Gen.Select(Index, Name, Gen.Int[0, 999], static (caller, name, data) => (Operation)new Put(caller, name, data))),
        (4, Gen.Select(Index, Name, static (caller, name) => (Operation)new Get(caller, name))),
        (2, Gen.Select(Index, Name, static (caller, name) => (Operation)new Delete(caller, name))),
        (2, Gen.Select(Index, Name, Gen.Int[0, 2], static (caller, name, back) => (Operation)new Restore(caller, name, back))),
        (2, Gen.Select(Index, Name, static (caller, name) => (Operation)new Undelete(caller, name))),
        (1, Gen.Select(Index, Name, static (caller, name) => (Operation)new Purge(caller, name))),
        (3, Gen.Select(Index, Gen.Int[0, 3], static (caller, limit) => (Operation)new List(caller, limit))));

    [Fact]
    public Task The_server_agrees_with_the_model_after_every_step() =>
        Operations.Array[1, 40].SampleAsync(RunAsync, iter: Sequences, threads: 4);

    private async Task RunAsync(Operation[] operations)
    {
        var run = new Run(vault.Admin, $"m{Guid.NewGuid():n}.");
        await run.AddKeyAsync(["*"], ["*"], ["*"]);
        await run.AddKeyAsync(["~*"], ["~*"], ["~*"]);
        await run.AddKeyAsync(["~a.*"], ["~b"], []);
        foreach (var operation in operations)
        {
            await operation.ApplyAsync(run);
            await run.VerifyAsync();
        }

        await run.RemoveAsync();
    }

    /// <summary>One sequence: the model, and the server as it is seen under one prefix.</summary>
    private sealed class Run(VaultClient admin, string prefix)
    {
        public VaultModel Model { get; } = new();

        public ModelKey Key(int index) => Model.Keys[index % Model.Keys.Count];

        public string Of(string text) => text.Replace("~", prefix, StringComparison.Ordinal);

        public string[]? Of(string[]? entries) => entries?.Select(Of).Distinct().ToArray();

        public async Task AddKeyAsync(string[] read, string[] write, string[] grant)
        {
            var access = new ModelAccess(Of(read)!, Of(write)!, Of(grant)!);
            var created = await admin.CreateKeyAsync(access.Read, access.Write, access.Grant);
            Model.Add(new ModelKey(created.Id, created.Secret, access));
        }

        public Task<Answer> CallAsync(ModelKey caller, Func<VaultClient, Task<Answer>> call, int expected) => CallAsync(caller.Secret, call, expected);

        public async Task<Answer> CallAsync(string secret, Func<VaultClient, Task<Answer>> call, int expected)
        {
            using var client = admin.With(secret);
            var answer = await call(client);
            answer.Is((HttpStatusCode)expected);
            return answer;
        }

        // As a body has them: null takes an expiry away, and no networks are any.
        public static (string? ExpiresAt, string[] AllowedCidrs) Bodies(ModelLimit limit) => limit switch
        {
            ModelLimit.Far => ("2099-01-01T00:00:00.000Z", []),
            ModelLimit.Past => ("2020-01-01T00:00:00.000Z", []),
            ModelLimit.Here => (null, ["127.0.0.0/8"]),
            ModelLimit.Elsewhere => (null, ["192.0.2.0/24", "2001:db8::/32"]),
            _ => (null, []),
        };

        public async Task VerifyAsync()
        {
            var listed = (await admin.GetAsync("credentials")).Json.GetProperty("credentials").EnumerateArray().Select(static credential => credential.GetProperty("name").GetString()!);
            Assert.Equal(Model.Credentials.Keys, listed.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)));
            foreach (var (name, data) in Model.Credentials)
            {
                Assert.Equal(data, (await admin.GetAsync($"credentials/{name}")).Raw("data"));
            }
        }

        /// <summary>The ids of what is kept of <paramref name="name"/>, newest first, which holds what the model says.</summary>
        public async Task<List<string>> VersionsAsync(string name)
        {
            var answer = await admin.GetAsync($"credentials/{name}/versions");
            List<string> ids = answer.Status == HttpStatusCode.NotFound ? [] : [.. answer.Json.GetProperty("versions").EnumerateArray().Select(static version => version.GetProperty("version").GetString()!)];
            List<string> kept = [];
            foreach (var id in ids)
            {
                kept.Add((await admin.GetAsync($"credentials/{name}/versions/{id}")).Raw("data"));
            }

            Assert.Equal(Model.Kept(name), kept);
            return ids;
        }

        public async Task RemoveAsync()
        {
            foreach (var name in Model.Credentials.Keys)
            {
                await admin.DeleteAsync($"credentials/{name}?purge=true");
            }
        }
    }

    private abstract record Operation(int Caller)
    {
        public abstract Task ApplyAsync(Run run);
    }

    private sealed record CreateKey(int Caller, string[] Read, string[] Write, string[] Grant, ModelLimit Limit) : Operation(Caller)
    {
        public override async Task ApplyAsync(Run run)
        {
            var access = new ModelAccess(run.Of(Read)!, run.Of(Write)!, run.Of(Grant)!, Limit);
            var expected = run.Model.CreateKey(run.Key(Caller), access);
            var (expiresAt, allowedCidrs) = Run.Bodies(Limit);
            var answer = await run.CallAsync(
                run.Key(Caller),
                client => client.PostAsync("keys", new { name = "model", readAccess = access.Read, writeAccess = access.Write, grantAccess = access.Grant, expiresAt, allowedCidrs }),
                expected);
            if (expected == 201)
            {
                run.Model.Add(new ModelKey(answer.Json.GetProperty("id").GetString()!, answer.Json.GetProperty("secret").GetString()!, access));
            }
        }
    }

    private sealed record PatchKey(int Caller, int Target, string[]? Read, string[]? Write, string[]? Grant, ModelLimit? Limit) : Operation(Caller)
    {
        public override async Task ApplyAsync(Run run)
        {
            // The caller's lists may be its target's: what it sends with is what it had.
            var (caller, target) = (run.Key(Caller), run.Key(Target));
            var expected = run.Model.PatchKey(caller, target, run.Of(Read), run.Of(Write), run.Of(Grant), Limit);
            var body = new Dictionary<string, object?> { ["name"] = "patched", ["readAccess"] = run.Of(Read), ["writeAccess"] = run.Of(Write), ["grantAccess"] = run.Of(Grant) };
            if (Limit is { } limit)
            {
                (body["expiresAt"], body["allowedCidrs"]) = Run.Bodies(limit);
            }

            var answer = await run.CallAsync(caller, client => client.PatchAsync($"keys/{target.Id}", body), expected);
            if (expected == 200)
            {
                Assert.Equal(target.Access.Grant, answer.Json.GetProperty("grantAccess").EnumerateArray().Select(static entry => entry.GetString()!));
                var (expiresAt, allowedCidrs) = Run.Bodies(target.Access.Limit);
                Assert.Equal(expiresAt, answer.Json.TryGetProperty("expiresAt", out var expiry) ? expiry.GetString() : null);
                Assert.Equal(allowedCidrs, answer.Json.TryGetProperty("allowedCidrs", out var networks) ? networks.EnumerateArray().Select(static network => network.GetString()!) : []);
            }
        }
    }

    private sealed record RotateKey(int Caller, int Target, bool Overlaps, bool ByPrevious) : Operation(Caller)
    {
        public override async Task ApplyAsync(Run run)
        {
            var (caller, target) = (run.Key(Caller), run.Key(Target));
            if (ByPrevious && caller.PreviousSecret is null)
            {
                return;
            }

            var expected = run.Model.RotateKey(caller, target, ByPrevious);
            var answer = await run.CallAsync(
                ByPrevious ? caller.PreviousSecret! : caller.Secret, client => client.PostAsync($"keys/{target.Id}/rotate", new { overlapSeconds = Overlaps ? 3600 : 0 }), expected);
            if (expected == 200)
            {
                Assert.Equal(Overlaps, answer.Members.Contains("previousSecretExpiresAt"));
                target.Rotate(answer.Json.GetProperty("secret").GetString()!, Overlaps);
            }
        }
    }

    private sealed record GetByPrevious(int Caller, string Name) : Operation(Caller)
    {
        public override async Task ApplyAsync(Run run)
        {
            var (caller, name) = (run.Key(Caller), run.Of(Name));
            if (caller.PreviousSecret is { } secret)
            {
                await run.CallAsync(secret, client => client.GetAsync($"credentials/{name}"), caller.WorksByPrevious ? run.Model.Get(caller, name) : 401);
            }
        }
    }

    private sealed record DeleteKey(int Caller, int Target) : Operation(Caller)
    {
        public override Task ApplyAsync(Run run)
        {
            var (caller, target) = (run.Key(Caller), run.Key(Target));
            return run.CallAsync(caller, client => client.DeleteAsync($"keys/{target.Id}"), run.Model.DeleteKey(caller, target));
        }
    }

    private sealed record GetKey(int Caller, int Target) : Operation(Caller)
    {
        public override async Task ApplyAsync(Run run)
        {
            var (caller, target) = (run.Key(Caller), run.Key(Target));
            var expected = run.Model.GetKey(caller, target);
            var answer = await run.CallAsync(caller, client => client.GetAsync($"keys/{target.Id}"), expected);
            if (expected == 200)
            {
                Assert.Equal(target.Access.Read, answer.Json.GetProperty("readAccess").EnumerateArray().Select(static entry => entry.GetString()!));
                Assert.Equal(target.Access.Write, answer.Json.GetProperty("writeAccess").EnumerateArray().Select(static entry => entry.GetString()!));
            }
        }
    }

    private sealed record Put(int Caller, string Name, int Data) : Operation(Caller)
    {
        public override Task ApplyAsync(Run run)
        {
            var (caller, name, data) = (run.Key(Caller), run.Of(Name), $$"""{"n":{{Data}}}""");
            return run.CallAsync(caller, client => client.PutCredentialAsync(name, data), run.Model.Put(caller, name, data));
        }
    }

    private sealed record Get(int Caller, string Name) : Operation(Caller)
    {
        public override async Task ApplyAsync(Run run)
        {
            var (caller, name) = (run.Key(Caller), run.Of(Name));
            var expected = run.Model.Get(caller, name);
            var answer = await run.CallAsync(caller, client => client.GetAsync($"credentials/{name}"), expected);
            if (expected == 200)
            {
                Assert.Equal(run.Model.Credentials[name], answer.Raw("data"));
            }
        }
    }

    private sealed record Delete(int Caller, string Name) : Operation(Caller)
    {
        public override Task ApplyAsync(Run run)
        {
            var (caller, name) = (run.Key(Caller), run.Of(Name));
            return run.CallAsync(caller, client => client.DeleteAsync($"credentials/{name}"), run.Model.Delete(caller, name));
        }
    }

    private sealed record Restore(int Caller, string Name, int Back) : Operation(Caller)
    {
        public override async Task ApplyAsync(Run run)
        {
            var (caller, name) = (run.Key(Caller), run.Of(Name));
            var id = (await run.VersionsAsync(name)).ElementAtOrDefault(Back) ?? "00000000-0000-7000-8000-000000000000";
            await run.CallAsync(caller, client => client.PostAsync($"credentials/{name}/versions/{id}/restore", ""), run.Model.Restore(caller, name, Back));
        }
    }

    private sealed record Undelete(int Caller, string Name) : Operation(Caller)
    {
        public override Task ApplyAsync(Run run)
        {
            var (caller, name) = (run.Key(Caller), run.Of(Name));
            return run.CallAsync(caller, client => client.PostAsync($"credentials/{name}/undelete", ""), run.Model.Undelete(caller, name));
        }
    }

    private sealed record Purge(int Caller, string Name) : Operation(Caller)
    {
        public override Task ApplyAsync(Run run)
        {
            var (caller, name) = (run.Key(Caller), run.Of(Name));
            return run.CallAsync(caller, client => client.DeleteAsync($"credentials/{name}?purge=true"), run.Model.Purge(caller, name));
        }
    }

    private sealed record List(int Caller, int Limit) : Operation(Caller)
    {
        public override async Task ApplyAsync(Run run)
        {
            var caller = run.Key(Caller);
            if (!caller.Works)
            {
                await run.CallAsync(caller, static client => client.GetAsync("credentials"), 401);
                return;
            }

            List<string> names = [];
            string? cursor = null;
            do
            {
                var query = Limit == 0 ? "" : $"?limit={Limit}" + (cursor is null ? "" : $"&cursor={cursor}");
                var page = (await run.CallAsync(caller, client => client.GetAsync("credentials" + query), 200)).Json;
                names.AddRange(page.GetProperty("credentials").EnumerateArray().Select(static credential => credential.GetProperty("name").GetString()!));
                cursor = page.TryGetProperty("nextCursor", out var next) ? next.GetString() : null;
            }
            while (cursor is not null);

            Assert.Equal(run.Model.List(caller), names.Where(name => name.StartsWith(run.Of("~"), StringComparison.Ordinal)));
        }
    }
}
