using System.Net;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Rotation;

/// <summary>Rows about servers that no server has written, which would hold up a rotation.</summary>
public sealed class ForeignRowServerTests(VaultGraph graph)
{
    [Theory]
    [InlineData("'infinity'")]
    [InlineData("clock_timestamp() + interval '100 years'")]
    [InlineData("clock_timestamp() + interval '1 minute'")]
    public async Task A_server_row_from_the_future_does_not_stop_a_rotation(string time)
    {
        await using var lab = await RotationLab.CreateAsync(graph);
        var first = await lab.StartAsync(RotationLab.Old);
        using (var admin = lab.Admin(first))
        {
            (await admin.PutCredentialAsync("moved", """{"v":1}""")).Is(HttpStatusCode.Created);
        }

        Assert.Equal(0, await first.StopAsync());
        await DatabaseContents.ExecuteAsync(
            lab.ConnectionString,
            $"""
            insert into axvault.server (id, name, kek_ids, encrypts_with, present_since, seen_at)
            select gen_random_uuid(), 'foreign', array[kek_id], kek_id, clock_timestamp(), {time} from axvault.kek
            """
        );

        await lab.StartAsync(RotationLab.New, RotationLab.Old);

        await lab.UntilMovedAsync(RotationLab.New);
        Assert.Equal(0, await DatabaseContents.ScalarAsync<long>(lab.ConnectionString, "select count(*) from axvault.server where name = 'foreign'"));
    }

    [Fact]
    public async Task A_claim_of_the_rotation_without_an_end_does_not_stop_it()
    {
        await using var lab = await RotationLab.CreateAsync(graph);
        var first = await lab.StartAsync(RotationLab.Old);
        Assert.Equal(0, await first.StopAsync());
        await DatabaseContents.ExecuteAsync(lab.ConnectionString, "update axvault.rotation set claimed_by = gen_random_uuid(), claimed_until = 'infinity'");

        await lab.StartAsync(RotationLab.New, RotationLab.Old);

        await lab.UntilMovedAsync(RotationLab.New);
    }
}
