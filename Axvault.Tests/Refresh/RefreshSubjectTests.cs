using Axvault.Api.Refresh;
using Axvault.Api.Refresh.Providers;
using Axvault.Api.Stored;
using Axvault.Tests.Authorization;
using Axvault.Tests.Refresh.Shapes;

namespace Axvault.Tests.Refresh;

public sealed class RefreshSubjectTests
{
    private const string Json = """{"refreshToken":"r","accessToken":"a","expiresAt":1772370000000}""";

    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly ProviderCatalog Providers = new([
        .. ProviderDefaults.All.Select(static provider => provider with { ReuseLeeway = TimeSpan.FromSeconds(30) }),
    ]);
    private static readonly RefreshRules Rules = new(TimeSpan.FromHours(1), TimeSpan.FromMinutes(1), 0.5);

    [Theory]
    [InlineData("oauth-token", Json)]
    [InlineData("api-key", Json)]
    [InlineData("oauth-credentials", """{"accessToken":"a"}""")]
    [InlineData("oauth-credentials", """{"type":"oauth","refresh":"gho","access":"gho","expires":0}""")]
    public void A_credential_without_a_refresh_token_is_no_subject(string type, string json) =>
        Assert.Null(RefreshSubject.Of(Credential(json, type: type), Providers));

    [Fact]
    public void A_subject_has_its_provider_or_none()
    {
        Assert.Equal("anthropic", Subject(Json).Provider?.Name);
        Assert.Equal("openai", Subject(Json, provider: "OpenAI").Provider?.Name);
        Assert.Null(Subject(Json, provider: "corp").Provider);
    }

    [Fact]
    public void The_expiry_of_the_credential_overrides_the_data()
    {
        Assert.Equal(Now.AddHours(1), Subject(Json).ExpiresAt);
        Assert.Equal(Now.AddHours(9), Subject(Json, expiresAt: Now.AddHours(9)).ExpiresAt);
        Assert.Null(Subject("""{"refreshToken":"r","accessToken":"a","expiresAt":0}""").ExpiresAt);
    }

    [Fact]
    public void A_lifetime_in_the_data_counts_from_the_time_of_storing() =>
        Assert.Equal(Now.AddMinutes(-10).AddHours(1), Subject("""{"refresh_token":"r","access_token":"a","expires_in":3600}""").ExpiresAt);

    [Fact]
    public void The_issued_lifetime_overrides_the_one_in_the_data()
    {
        const string Flat = """{"refresh_token":"r","access_token":"a","expires_in":3600}""";
        Assert.Equal(TimeSpan.FromHours(1), Subject(Flat).Lifetime);
        Assert.Equal(TimeSpan.FromHours(8), Subject(Flat, new RefreshState { Lifetime = TimeSpan.FromHours(8) }).Lifetime);
        Assert.Null(Subject(Json).Lifetime);
    }

    [Theory]
    [InlineData("WhenDue", "Due")]
    [InlineData("Now", "Due")]
    [InlineData("NowAgain", "Due")]
    public void A_token_within_the_threshold_is_due(string wish, string decision) =>
        Assert.Equal(decision, Subject(Json).Decide(Rules, Enum.Parse<RefreshWish>(wish)).ToString());

    [Theory]
    [InlineData("WhenDue", 29, "Due")]
    [InlineData("WhenDue", 30, "Withheld")]
    [InlineData("Now", 29, "Due")]
    [InlineData("Now", 30, "Withheld")]
    [InlineData("NowAgain", 30, "Due")]
    public void The_reuse_leeway_is_that_of_the_provider(string wish, int unknownFor, string decision) =>
        Assert.Equal(
            decision,
            Subject(Json, new RefreshState { Status = RefreshStatus.Unknown, UnknownSince = Now.AddSeconds(-unknownFor) })
                .Decide(Rules, Enum.Parse<RefreshWish>(wish))
                .ToString()
        );

    [Theory]
    [InlineData("WhenDue", "NotDue")]
    [InlineData("Now", "Due")]
    [InlineData("NowAgain", "Due")]
    public void A_fresh_token_is_refreshed_only_by_a_refresh_call(string wish, string decision) =>
        Assert.Equal(decision, Subject(Json, expiresAt: Now.AddHours(9)).Decide(Rules, Enum.Parse<RefreshWish>(wish)).ToString());

    [Theory]
    [InlineData("failed", "invalid_grant", "Permanent", "invalid_grant")]
    [InlineData("unknown", "timed_out", "Unknown", "timed_out")]
    [InlineData("retrying", "http_503", "Transient", "http_503")]
    [InlineData("retrying", null, "Transient", "unexpected_answer")]
    public void A_withheld_refresh_reports_the_stored_failure(string status, string? error, string failure, string reported)
    {
        var result = Subject(Json, new RefreshState { Status = RefreshStatus.FromStored(status), Error = error }).Withheld();
        Assert.Equal((RefreshOutcome.Failed, failure, reported), (result.Outcome, result.Failure.ToString(), result.Error));
    }

    private static RefreshSubject Subject(string json, RefreshState? state = null, string? provider = null, DateTimeOffset? expiresAt = null)
    {
        var subject = RefreshSubject.Of(Credential(json, state, provider, expiresAt), Providers);
        Assert.NotNull(subject);
        return subject;
    }

    private static OpenedCredential Credential(
        string json,
        RefreshState? state = null,
        string? provider = null,
        DateTimeOffset? expiresAt = null,
        string type = "oauth-credentials"
    )
    {
        var attributes = new CredentialAttributes(CredentialType.FromStored(type), null, provider, expiresAt, null, null);
        var metadata = new CredentialMetadata(Names.Name("claude.prod"), attributes, Now.AddDays(-1), Now.AddMinutes(-10), state ?? RefreshState.None);
        return new OpenedCredential(new StoredCredential(Guid.NewGuid(), 1, metadata, [], 0, Now, false, null, default), Data.Of(json));
    }
}
