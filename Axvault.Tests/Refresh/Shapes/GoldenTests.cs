using Axvault.Api.Refresh.Grants;
using Axvault.Api.Refresh.Shapes;

namespace Axvault.Tests.Refresh.Shapes;

/// <summary>
/// Stored data of agents before and after a refresh, with the provider's answer. The files are <c>Golden/*.before.json</c>, <c>.answer.json</c>
/// and <c>.after.json</c>.
/// </summary>
public sealed class GoldenTests
{
    // The provider is the one the credential names, and the issuer the one its shape implies.
    private static readonly (string Name, string? Provider, string Shape, string? Issuer, string ExpiresAt)[] Cases =
    [
        ("claude", null, "claude", "anthropic", "2026-03-01T20:00:00Z"),
        ("claude-keeps-refresh-token", null, "claude", "anthropic", "2026-03-01T20:00:00Z"),
        ("claude-file", "anthropic", "claude-file", "anthropic", "2026-03-01T20:00:00Z"),
        ("codex", null, "codex", "openai", "2026-03-11T11:59:50Z"),
        ("codex-bare", "openai", "codex", "openai", "2026-03-11T12:00:00Z"),
        ("codex-access-token-only", null, "codex", "openai", "2026-03-11T12:00:00Z"),
        ("codex-refresh-token-only", null, "codex", "openai", "2026-03-01T12:30:00Z"),
        ("gemini", null, "gemini", "gemini", "2026-03-01T12:59:59Z"),
        ("gemini-without-id-token", "google", "gemini", "gemini", "2026-03-01T12:59:59Z"),
        ("qwen", null, "qwen", "qwen", "2026-03-01T18:00:00Z"),
        ("opencode", "anthropic", "opencode", null, "2026-03-01T20:00:00Z"),
        ("opencode-file", "anthropic", "opencode-file", "anthropic", "2026-03-01T20:00:00Z"),
        ("rfc6749-expires-in", "corp", "rfc6749", null, "2026-03-01T13:00:00Z"),
        ("rfc6749-expires-in-as-text", null, "rfc6749", null, "2026-03-01T13:00:00Z"),
        ("rfc6749-seconds", null, "rfc6749", null, "2026-03-01T13:00:00Z"),
        ("rfc6749-seconds-with-fraction", null, "rfc6749", null, "2026-03-01T13:00:00Z"),
        ("rfc6749-milliseconds", null, "rfc6749", null, "2026-03-01T13:00:00Z"),
        ("rfc6749-time", null, "rfc6749", null, "2026-03-01T13:00:00Z"),
        ("rfc6749-time-with-offset", null, "rfc6749", null, "2026-03-01T13:00:00Z"),
        ("rfc6749-time-with-fraction", null, "rfc6749", null, "2026-03-01T13:00:00Z"),
        ("rfc6749-digits", null, "rfc6749", null, "2026-03-01T13:00:00Z"),
        ("rfc6749-digits-of-milliseconds", null, "rfc6749", null, "2026-03-01T13:00:00Z"),
        ("rfc6749-both", null, "rfc6749", null, "2026-03-01T13:00:00Z"),
        ("rfc6749-lifetime-unsaid", null, "rfc6749", null, "2026-03-01T14:00:00Z"),
    ];

    public static TheoryData<string> Names => [.. Cases.Select(static golden => golden.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_new_tokens_replace_the_old_ones_and_no_other_byte_changes(string name) =>
        Assert.Equal(Text($"{name}.after.json"), Data.Text(Apply(name).Data));

    [Theory]
    [MemberData(nameof(Names))]
    public void The_shape_and_provider_are_the_same_before_and_after(string name)
    {
        var golden = Case(name);
        foreach (var tokens in new[] { Data.Tokens(Text($"{name}.before.json"), golden.Provider), Data.Tokens(Text($"{name}.after.json"), golden.Provider) })
        {
            Assert.Equal((golden.Shape, golden.Issuer), (tokens.ShapeName, tokens.Provider));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_metadata_and_the_data_have_the_same_expiry(string name)
    {
        var golden = Case(name);
        var refreshed = Apply(name);
        Assert.Equal(DateTimeOffset.Parse(golden.ExpiresAt, System.Globalization.CultureInfo.InvariantCulture), refreshed.ExpiresAt);

        var read = CredentialTokens.Find(refreshed.Data, golden.Provider)!.ExpiresAt(Data.IssuedAt)!.Value;
        var isRelative = golden.Name.Contains("expires-in", StringComparison.Ordinal);
        if (name == "codex")
        {
            // The file has no place for an expiry, and the answer said an earlier one than the token.
            Assert.Equal(refreshed.ExpiresAt.AddSeconds(10), read);
            return;
        }

        Assert.Equal(isRelative ? refreshed.ExpiresAt.AddMilliseconds(Data.IssuedAt.Millisecond) : refreshed.ExpiresAt, read);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_refresh_token_read_back_is_the_new_one_or_the_old_one(string name)
    {
        var golden = Case(name);
        var old = Data.Tokens(Text($"{name}.before.json"), golden.Provider).RefreshToken.Reveal();
        Assert.Equal(Answer(name).RefreshToken ?? old, CredentialTokens.Find(Apply(name).Data, golden.Provider)!.RefreshToken.Reveal());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_same_answer_again_changes_nothing(string name)
    {
        var golden = Case(name);
        var refreshed = Apply(name);
        Assert.Equal(Text($"{name}.after.json"), Data.Text(Data.Apply(Data.Text(refreshed.Data), Answer(name), golden.Provider).Data));
    }

    [Fact]
    public void Every_golden_file_belongs_to_a_case() =>
        Assert.Equal(
            Cases
                .SelectMany(static golden => new[] { $"{golden.Name}.after.json", $"{golden.Name}.answer.json", $"{golden.Name}.before.json" })
                .Order(StringComparer.Ordinal),
            typeof(GoldenTests)
                .Assembly.GetManifestResourceNames()
                .Where(static name => name.EndsWith(".json", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
        );

    [Theory]
    [MemberData(nameof(Names))]
    public void A_printed_result_of_a_golden_case_holds_no_token(string name)
    {
        var golden = Case(name);
        var (tokens, refreshed) = (Data.Tokens(Text($"{name}.before.json"), golden.Provider), Apply(name));
        foreach (var printed in new[] { tokens.ToString()!, tokens.RefreshToken.ToString(), refreshed.ToString(), Answer(name).ToString()! })
        {
            Assert.DoesNotContain(tokens.RefreshToken.Reveal(), printed, StringComparison.Ordinal);
            Assert.DoesNotContain(Answer(name).AccessToken ?? "-", printed.Replace("2026-", "", StringComparison.Ordinal), StringComparison.Ordinal);
        }
    }

    private static (string Name, string? Provider, string Shape, string? Issuer, string ExpiresAt) Case(string name) =>
        Cases.Single(golden => golden.Name == name);

    private static RefreshedTokens Apply(string name) => Data.Apply(Text($"{name}.before.json"), Answer(name), Case(name).Provider);

    private static IssuedTokens Answer(string name) => TokenResponse.Read(System.Text.Encoding.UTF8.GetBytes(Text($"{name}.answer.json"))).Issued!;

    private static string Text(string file)
    {
        using var stream = typeof(GoldenTests).Assembly.GetManifestResourceStream(file)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
