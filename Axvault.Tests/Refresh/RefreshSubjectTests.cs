using Axvault.Api.Credentials;
using Axvault.Api.Refresh;
using Axvault.Api.Refresh.Providers;
using Axvault.Tests.Authorization;
using Axvault.Tests.Refresh.Shapes;

namespace Axvault.Tests.Refresh;

public sealed class RefreshSubjectTests
{
    private const string Json = """{"refreshToken":"r","accessToken":"a","expiresAt":1772370000000}""";

    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly ProviderCatalog Providers = new([.. ProviderDefaults.All.Select(static provider => provider with { ReuseLeeway = TimeSpan.FromSeconds(30) })]);
    private static readonly RefreshRules Rules = new(TimeSpan.FromHours(1), TimeSpan.FromMinutes(1), 0.5);

    [Theory]
    [InlineData("oauth-token", Json)]
    [InlineData("api-key", Json)]
    [InlineData("oauth-credentials", """{"accessToken":"a"}""")]
    [InlineData("oauth-credentials", """{"type":"oauth","refresh":"gho","access":"gho","expires":0}""")]
    public void What_cannot_be_refreshed_is_no_subject(string type, string json) => Assert.Null(RefreshSubject.Of(Credential(json, type: type), Providers));

    [Fact]
    public void A_subject_knows_its_provider_or_that_it_has_none()
    {
        Assert.Equal("anthropic", Subject(Json).Provider?.Name);
        Assert.Equal("openai", Subject(Json, provider: "OpenAI").Provider?.Name);
        Assert.Null(Subject(Json, provider: "corp").Provider);
    }

    [Fact]
    public void What_the_owner_says_of_the_expiry_beats_the_data()
    {
        Assert.Equal(Now.AddHours(1), Subject(Json).ExpiresAt);
        Assert.Equal(Now.AddHours(9), Subject(Json, expiresAt: Now.AddHours(9)).ExpiresAt);
        Assert.Null(Subject("""{"refreshToken":"r","accessToken":"a","expiresAt":0}""").ExpiresAt);
    }

    [Fact]
    public void A_number_of_seconds_counts_from_when_the_data_was_stored() =>
        Assert.Equal(Now.AddMinutes(-10).AddHours(1), Subject("""{"refresh_token":"r","access_token":"a","expires_in":3600}""").ExpiresAt);

    [Fact]
    public void The_lifetime_that_was_issued_beats_that_of_the_data()
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
    public void The_leeway_is_that_of_the_provider(string wish, int unknownFor, string decision) =>
        Assert.Equal(decision, Subject(Json, new RefreshState { Status = RefreshStatus.Unknown, UnknownSince = Now.AddSeconds(-unknownFor) }).Decide(Rules, Enum.Parse<RefreshWish>(wish)).ToString());

    [Theory]
    [InlineData("WhenDue", "NotDue")]
    [InlineData("Now", "Due")]
    [InlineData("NowAgain", "Due")]
    public void A_token_that_is_fresh_is_refreshed_by_order_alone(string wish, string decision) =>
        Assert.Equal(decision, Subject(Json, expiresAt: Now.AddHours(9)).Decide(Rules, Enum.Parse<RefreshWish>(wish)).ToString());

    [Theory]
    [InlineData("failed", "invalid_grant", "Permanent", "invalid_grant")]
    [InlineData("unknown", "timed_out", "Unknown", "timed_out")]
    [InlineData("retrying", "http_503", "Transient", "http_503")]
    [InlineData("retrying", null, "Transient", "unexpected_answer")]
    public void What_is_withheld_is_told_with_what_happened_before(string status, string? error, string failure, string told)
    {
        var result = Subject(Json, new RefreshState { Status = RefreshStatus.FromStored(status), Error = error }).Withheld();
        Assert.Equal((RefreshOutcome.Failed, failure, told), (result.Outcome, result.Failure.ToString(), result.Error));
    }

    private static RefreshSubject Subject(string json, RefreshState? state = null, string? provider = null, DateTimeOffset? expiresAt = null)
    {
        var subject = RefreshSubject.Of(Credential(json, state, provider, expiresAt), Providers);
        Assert.NotNull(subject);
        return subject;
    }

    private static OpenedCredential Credential(string json, RefreshState? state = null, string? provider = null, DateTimeOffset? expiresAt = null, string type = "oauth-credentials")
    {
        var attributes = new CredentialAttributes(CredentialType.FromStored(type), null, provider, expiresAt, null, null);
        var metadata = new CredentialMetadata(Names.Name("claude.prod"), attributes, Now.AddDays(-1), Now.AddMinutes(-10), state ?? RefreshState.None);
        return new OpenedCredential(new StoredCredential(Guid.NewGuid(), 1, metadata, [], 0, Now, false, null, 0), Data.Of(json));
    }
}
