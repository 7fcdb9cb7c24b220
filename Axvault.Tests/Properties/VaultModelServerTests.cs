using Axvault.Tests.Harness.Servers;
using CsCheck;

namespace Axvault.Tests.Properties;

/// <summary>Random sequences of calls on keys and credentials are answered as <see cref="VaultModel"/> expects.</summary>
public sealed class VaultModelServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    private const int Sequences = 60;

    // Each run replaces ~ with its own prefix.
    private static readonly Gen<string> Entry = Gen.OneOf("~a", "~b", "~a.*", "~a*", "~*", "~a.x", "*");
    private static readonly Gen<string> Name = Gen.OneOf("~a", "~b", "~a.x", "~a.y", "~A", "~a-");
    private static readonly Gen<string[]> Entries = Entry.Array[0, 3];
    private static readonly Gen<string[]?> Patch = Gen.Frequency(
        (1, Gen.Const(static () => (string[]?)null)),
        (1, Entries.Select(static entries => (string[]?)entries))
    );
    private static readonly Gen<int> Index = Gen.Int[0, 15];

    private static readonly Gen<ModelLimit> Limit = Gen.Frequency(
        (3, Gen.Const(ModelLimit.None)),
        (1, Gen.OneOf(ModelLimit.Far, ModelLimit.Here, ModelLimit.Elsewhere))
    );
    private static readonly Gen<ModelLimit?> LimitPatch = Gen.Frequency(
        (4, Gen.Const(static () => (ModelLimit?)null)),
        (1, Gen.Enum<ModelLimit>().Select(static limit => (ModelLimit?)limit))
    );

    private static readonly Gen<ModelOperation> Operations = Gen.Frequency(
        (
            3,
            Gen.Select(Index, Entries, Entries, Entries, Limit, static (caller, read, write, grant, limit) =>
                (ModelOperation)new ModelOperation.CreateKey(caller, read, write, grant, limit)
            )
        ),
        (
            3,
            Gen.Select(Index, Index, Patch, Patch, Patch, LimitPatch, static (caller, target, read, write, grant, limit) =>
                (ModelOperation)new ModelOperation.PatchKey(caller, target, read, write, grant, limit)
            )
        ),
        (
            2,
            Gen.Select(Index, Index, Gen.Bool, Gen.Bool, static (caller, target, overlaps, byPrevious) =>
                (ModelOperation)new ModelOperation.RotateKey(caller, target, overlaps, byPrevious)
            )
        ),
        (2, Gen.Select(Index, Name, static (caller, name) => (ModelOperation)new ModelOperation.GetByPrevious(caller, name))),
        (1, Gen.Select(Index, Index, static (caller, target) => (ModelOperation)new ModelOperation.DeleteKey(caller, target))),
        (1, Gen.Select(Index, Index, static (caller, target) => (ModelOperation)new ModelOperation.GetKey(caller, target))),
        (4, Gen.Select(Index, Name, Gen.Int[0, 999], static (caller, name, data) => (ModelOperation)new ModelOperation.Put(caller, name, data))),
        (4, Gen.Select(Index, Name, static (caller, name) => (ModelOperation)new ModelOperation.Get(caller, name))),
        (2, Gen.Select(Index, Name, static (caller, name) => (ModelOperation)new ModelOperation.Delete(caller, name))),
        (2, Gen.Select(Index, Name, Gen.Int[0, 2], static (caller, name, back) => (ModelOperation)new ModelOperation.Restore(caller, name, back))),
        (2, Gen.Select(Index, Name, static (caller, name) => (ModelOperation)new ModelOperation.Undelete(caller, name))),
        (1, Gen.Select(Index, Name, static (caller, name) => (ModelOperation)new ModelOperation.Purge(caller, name))),
        (3, Gen.Select(Index, Gen.Int[0, 3], static (caller, limit) => (ModelOperation)new ModelOperation.List(caller, limit)))
    );

    [Fact]
    public Task The_server_agrees_with_the_model_after_every_step() => Operations.Array[1, 40].SampleAsync(RunAsync, iter: Sequences, threads: 4);

    private async Task RunAsync(ModelOperation[] operations)
    {
        var run = new ModelRun(vault.Admin, $"m{Guid.NewGuid():n}.");
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
}
