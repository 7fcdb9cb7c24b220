using System.Text;
using Axvault.Tests.Harness.Leaks;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Leaks;

/// <summary>The search finds every secret that is there, and nothing else.</summary>
public sealed class LeakSearchTests
{
    private const string Canary = "canary+/\"<7f3a>.é9c2d4e6";
    private const string Key = "axv_sk_0123456789abcdefghijABCDEFGHIJ0123456789abcdefghi";

    public static TheoryData<byte> Channels => [.. Enum.GetValues<EmissionChannel>().Select(static channel => (byte)channel)];

    public static TheoryData<int> Disguises => [.. Enumerable.Range(0, Disguise.Of(Encoding.UTF8.GetBytes(Canary)).Count())];

    [Theory]
    [MemberData(nameof(Channels))]
    public void A_secret_is_found_in_every_channel(byte channel)
    {
        using var emissions = new Emissions();
        emissions.Append(EmissionChannel.Output, "a server", "nothing");
        emissions.Append((EmissionChannel)channel, "the culprit", $"before {Canary} after");
        emissions.Append(EmissionChannel.Output, "a server", "nothing either");

        var leak = Assert.Single(LeakSearch.Find(Using(Canary, SecretKind.ProviderToken), emissions));

        Assert.Equal(
            (SecretKind.ProviderToken, 0, (EmissionChannel)channel, "the culprit", "before "),
            (leak.Kind, leak.Disguise, leak.Channel, leak.Source, leak.Before)
        );
        Assert.DoesNotContain(Canary, leak.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Disguises))]
    public void A_secret_is_found_in_every_disguise_at_any_place(int number)
    {
        var form = Disguise.Of(Encoding.UTF8.GetBytes(Canary)).ElementAt(number);
        foreach (var (before, after) in ((int, int)[])[(0, 0), (3, 0), (0, 1), (1, 2)])
        {
            using var emissions = new Emissions();
            emissions.Append(EmissionChannel.Telemetry, "a server", (byte[])[.. new byte[before], .. form, .. new byte[after]]);

            Assert.Contains(LeakSearch.Find(Using(Canary, SecretKind.CredentialData), emissions), leak => leak.Disguise == number);
        }
    }

    [Fact]
    public void A_secret_that_is_cut_short_or_misspelled_is_not_found()
    {
        using var emissions = new Emissions();
        emissions.Append(EmissionChannel.Output, "a server", Canary[..^1]);
        emissions.Append(EmissionChannel.Output, "a server", Canary[1..]);
        emissions.Append(EmissionChannel.Output, "a server", $"x{Canary[1..]}");

        Assert.Empty(LeakSearch.Find(Using(Canary, SecretKind.Setting), emissions));
    }

    [Fact]
    public void A_secret_is_found_among_many_and_in_an_emission_larger_than_the_buffer()
    {
        var used = new UsedSecrets();
        for (var i = 0; i < 2000; i++)
        {
            used.Add($"another-secret-{i:D6}-{i * 7919 % 1000:D3}", SecretKind.ProviderToken);
        }

        used.Add(Canary, SecretKind.SentKey);
        using var emissions = new Emissions();
        emissions.Append(EmissionChannel.Telemetry, "a server", new string('.', 3_000_000) + Canary);
        emissions.Append(EmissionChannel.Output, "a server", "another-secret-001234-446 is not one, and another-secret-000001-919 is");

        Assert.Equal([SecretKind.SentKey, SecretKind.ProviderToken], LeakSearch.Find(used, emissions).Select(static leak => leak.Kind));
    }

    [Fact]
    public void The_first_key_of_a_vault_may_be_shown_once_on_standard_error_only()
    {
        var used = Using(Key, SecretKind.ShownKey);
        used.Add(Key, SecretKind.SentKey);
        using var emissions = new Emissions();
        emissions.Append(EmissionChannel.Errors, "a server", $"  {Key}");
        Assert.Empty(LeakSearch.Find(used, emissions));

        emissions.Append(EmissionChannel.Errors, "again", $"  {Key}");
        Assert.Equal("again", Assert.Single(LeakSearch.Find(used, emissions)).Source);

        emissions.Append(EmissionChannel.Output, "the log", $"  {Key}");
        Assert.Equal(2, LeakSearch.Find(used, emissions).Count);
    }

    [Theory]
    [InlineData("  {0}", SecretKind.ShownKey | SecretKind.CreatedKey)]
    [InlineData("The key is {0}", SecretKind.ShownKey)]
    [InlineData("  {0}", SecretKind.SentKey)]
    internal void Any_other_key_on_standard_error_is_a_leak(string line, SecretKind kind)
    {
        using var emissions = new Emissions();
        emissions.Append(EmissionChannel.Errors, "a server", string.Format(System.Globalization.CultureInfo.InvariantCulture, line, Key));

        Assert.Single(LeakSearch.Find(Using(Key, kind), emissions));
    }

    [Fact]
    public void Secrets_in_settings_bodies_and_answers_are_recognized()
    {
        var used = new UsedSecrets();
        used.AddPasswordOf("Host=h;Username=u;Password=a-password-of-a-string");
        used.AddPasswordOf("postgresql://u:a%2Dpassword%2Dof%2Da%2Durl@h/d");
        used.AddVariable("AXVAULT_ENCRYPTION_KEY_PREVIOUS", "previous-key-one,previous-key-two");
        used.AddVariable("AXVAULT_OAUTH_LAB_CLIENT_SECRET", "secret-of-a-client");
        used.AddVariable("AXVAULT_OAUTH_LAB_CLIENT_ID", "the-id-of-a-client");
        used.AddDataOf(
            """
            {"type":"api-key","data":{"apiKey":"sk-of-a-provider","note":"no-secret-at-all","nested":{"Refresh_Token" : "r-of-a-provider"}
            """
        );
        used.AddKeysOf($$"""{"id":"k_1","secret":"{{Key}}"}""", SecretKind.CreatedKey);
        used.Add("short", SecretKind.SentKey);
        used.Add(null, SecretKind.SentKey);

        Assert.Equal(
            [
                "a%2Dpassword%2Dof%2Da%2Durl",
                "a-password-of-a-string",
                "a-password-of-a-url",
                Key,
                "previous-key-one",
                "previous-key-two",
                "r-of-a-provider",
                "secret-of-a-client",
                "sk-of-a-provider",
            ],
            used.All.Select(static secret => secret.Key).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public void A_secret_in_a_file_named_by_a_variable_is_recognized()
    {
        using var folder = new Harness.Graph.TestFolder();
        var file = Path.Combine(folder.Path, "key");
        File.WriteAllText(file, "the-key-in-the-file\n");
        var used = new UsedSecrets();

        used.AddVariable("AXVAULT_ENCRYPTION_KEY_FILE", file);

        Assert.Contains("the-key-in-the-file", used.All.Select(static secret => secret.Key));
    }

    private static UsedSecrets Using(string secret, SecretKind kind)
    {
        var used = new UsedSecrets();
        used.Add(secret, kind);
        return used;
    }
}
