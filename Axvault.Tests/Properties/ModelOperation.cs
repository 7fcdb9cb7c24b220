using CsCheck;

namespace Axvault.Tests.Properties;

/// <summary>A call on keys or credentials, which the server must answer as the model expects.</summary>
internal abstract record ModelOperation(int Caller)
{
    public abstract Task ApplyAsync(ModelRun run);

    public sealed record CreateKey(int Caller, string[] Read, string[] Write, string[] Grant, ModelLimit Limit) : ModelOperation(Caller)
    {
        public override async Task ApplyAsync(ModelRun run)
        {
            var access = new ModelAccess(run.Of(Read)!, run.Of(Write)!, run.Of(Grant)!, Limit);
            var expected = run.Model.CreateKey(run.Key(Caller), access);
            var (expiresAt, allowedCidrs) = ModelRun.Bodies(Limit);
            var answer = await run.CallAsync(
                run.Key(Caller),
                client =>
                    client.PostAsync(
                        "keys",
                        new
                        {
                            name = "model",
                            readAccess = access.Read,
                            writeAccess = access.Write,
                            grantAccess = access.Grant,
                            expiresAt,
                            allowedCidrs,
                        }
                    ),
                expected
            );
            if (expected == 201)
            {
                run.Model.Add(new ModelKey(answer.Json.GetProperty("id").GetString()!, answer.Json.GetProperty("secret").GetString()!, access));
            }
        }
    }

    public sealed record PatchKey(int Caller, int Target, string[]? Read, string[]? Write, string[]? Grant, ModelLimit? Limit) : ModelOperation(Caller)
    {
        public override async Task ApplyAsync(ModelRun run)
        {
            // A caller may patch its own lists, so the model decides with the access it had before.
            var (caller, target) = (run.Key(Caller), run.Key(Target));
            var expected = run.Model.PatchKey(caller, target, run.Of(Read), run.Of(Write), run.Of(Grant), Limit);
            var body = new Dictionary<string, object?>
            {
                ["name"] = "patched",
                ["readAccess"] = run.Of(Read),
                ["writeAccess"] = run.Of(Write),
                ["grantAccess"] = run.Of(Grant),
            };
            if (Limit is { } limit)
            {
                (body["expiresAt"], body["allowedCidrs"]) = ModelRun.Bodies(limit);
            }

            var answer = await run.CallAsync(caller, client => client.PatchAsync($"keys/{target.Id}", body), expected);
            if (expected == 200)
            {
                Assert.Equal(target.Access.Grant, answer.Json.GetProperty("grantAccess").EnumerateArray().Select(static entry => entry.GetString()!));
                var (expiresAt, allowedCidrs) = ModelRun.Bodies(target.Access.Limit);
                Assert.Equal(expiresAt, answer.Json.TryGetProperty("expiresAt", out var expiry) ? expiry.GetString() : null);
                Assert.Equal(
                    allowedCidrs,
                    answer.Json.TryGetProperty("allowedCidrs", out var networks) ? networks.EnumerateArray().Select(static network => network.GetString()!) : []
                );
            }
        }
    }

    public sealed record RotateKey(int Caller, int Target, bool Overlaps, bool ByPrevious) : ModelOperation(Caller)
    {
        public override async Task ApplyAsync(ModelRun run)
        {
            var (caller, target) = (run.Key(Caller), run.Key(Target));
            if (ByPrevious && caller.PreviousSecret is null)
            {
                return;
            }

            var expected = run.Model.RotateKey(caller, target, ByPrevious);
            var answer = await run.CallAsync(
                ByPrevious ? caller.PreviousSecret! : caller.Secret,
                client => client.PostAsync($"keys/{target.Id}/rotate", new { overlapSeconds = Overlaps ? 3600 : 0 }),
                expected
            );
            if (expected == 200)
            {
                Assert.Equal(Overlaps, answer.Members.Contains("previousSecretExpiresAt"));
                target.Rotate(answer.Json.GetProperty("secret").GetString()!, Overlaps);
            }
        }
    }

    public sealed record GetByPrevious(int Caller, string Name) : ModelOperation(Caller)
    {
        public override async Task ApplyAsync(ModelRun run)
        {
            var (caller, name) = (run.Key(Caller), run.Of(Name));
            if (caller.PreviousSecret is { } secret)
            {
                await run.CallAsync(secret, client => client.GetAsync($"credentials/{name}"), caller.WorksByPrevious ? run.Model.Get(caller, name) : 401);
            }
        }
    }

    public sealed record DeleteKey(int Caller, int Target) : ModelOperation(Caller)
    {
        public override Task ApplyAsync(ModelRun run)
        {
            var (caller, target) = (run.Key(Caller), run.Key(Target));
            return run.CallAsync(caller, client => client.DeleteAsync($"keys/{target.Id}"), run.Model.DeleteKey(caller, target));
        }
    }

    public sealed record GetKey(int Caller, int Target) : ModelOperation(Caller)
    {
        public override async Task ApplyAsync(ModelRun run)
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

    public sealed record Put(int Caller, string Name, int Data) : ModelOperation(Caller)
    {
        public override Task ApplyAsync(ModelRun run)
        {
            var (caller, name, data) = (run.Key(Caller), run.Of(Name), $$"""{"n":{{Data}}}""");
            return run.CallAsync(caller, client => client.PutCredentialAsync(name, data), run.Model.Put(caller, name, data));
        }
    }

    public sealed record Get(int Caller, string Name) : ModelOperation(Caller)
    {
        public override async Task ApplyAsync(ModelRun run)
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

    public sealed record Delete(int Caller, string Name) : ModelOperation(Caller)
    {
        public override Task ApplyAsync(ModelRun run)
        {
            var (caller, name) = (run.Key(Caller), run.Of(Name));
            return run.CallAsync(caller, client => client.DeleteAsync($"credentials/{name}"), run.Model.Delete(caller, name));
        }
    }

    public sealed record Restore(int Caller, string Name, int Back) : ModelOperation(Caller)
    {
        public override async Task ApplyAsync(ModelRun run)
        {
            var (caller, name) = (run.Key(Caller), run.Of(Name));
            var id = (await run.VersionsAsync(name)).ElementAtOrDefault(Back) ?? "00000000-0000-7000-8000-000000000000";
            await run.CallAsync(caller, client => client.PostAsync($"credentials/{name}/versions/{id}/restore", ""), run.Model.Restore(caller, name, Back));
        }
    }

    public sealed record Undelete(int Caller, string Name) : ModelOperation(Caller)
    {
        public override Task ApplyAsync(ModelRun run)
        {
            var (caller, name) = (run.Key(Caller), run.Of(Name));
            return run.CallAsync(caller, client => client.PostAsync($"credentials/{name}/undelete", ""), run.Model.Undelete(caller, name));
        }
    }

    public sealed record Purge(int Caller, string Name) : ModelOperation(Caller)
    {
        public override Task ApplyAsync(ModelRun run)
        {
            var (caller, name) = (run.Key(Caller), run.Of(Name));
            return run.CallAsync(caller, client => client.DeleteAsync($"credentials/{name}?purge=true"), run.Model.Purge(caller, name));
        }
    }

    public sealed record List(int Caller, int Limit) : ModelOperation(Caller)
    {
        public override async Task ApplyAsync(ModelRun run)
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
            } while (cursor is not null);

            Assert.Equal(run.Model.List(caller), names.Where(name => name.StartsWith(run.Of("~"), StringComparison.Ordinal)));
        }
    }
}
