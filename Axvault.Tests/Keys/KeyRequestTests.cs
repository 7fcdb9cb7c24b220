using Axvault.Api.Authorization;
using Axvault.Api.Http;
using Axvault.Api.Keys;
using Axvault.Tests.Authorization;

namespace Axvault.Tests.Keys;

public sealed class KeyRequestTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 15, 10, 30, 0, TimeSpan.Zero);

    private static readonly AccessScope Current = new(Names.List("r"), Names.List("w"), Names.List("g"));

    [Fact]
    public void A_new_key_has_its_name_and_lists()
    {
        var errors = new FieldErrors();
        Assert.True(new KeyRequest("CI", ["claude.*", "claude.*"], ["claude.prod"], ["*"]).TryValidateNew(errors, Now, out var name, out var scope));
        Assert.Equal("CI", name);
        Assert.Equal(["claude.*"], scope.Read.ToArray());
        Assert.Equal(["claude.prod"], scope.Write.ToArray());
        Assert.Equal(["*"], scope.Grant.ToArray());
    }

    [Fact]
    public void Absent_lists_are_empty_on_a_new_key()
    {
        Assert.True(new KeyRequest("CI", null, null, null).TryValidateNew(new FieldErrors(), Now, out _, out var scope));
        Assert.Empty(scope.Entries);
    }

    [Fact]
    public void All_errors_of_a_new_key_are_reported_at_once()
    {
        var errors = new FieldErrors();
        Assert.False(new KeyRequest(null, ["a/b"], ["ok", null], ["**"]).TryValidateNew(errors, Now, out _, out _));
        Assert.Equal(["grantAccess", "name", "readAccess", "writeAccess"], errors.Keys.Order());
        Assert.All(errors.Values, static message => Assert.DoesNotContain("a/b", message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(256, true)]
    [InlineData(257, false)]
    public void A_list_has_at_most_256_entries(int count, bool valid)
    {
        var errors = new FieldErrors();
        Assert.Equal(
            valid,
            new KeyRequest("k", [.. Enumerable.Range(0, count).Select(static i => $"n{i}")], null, null).TryValidateNew(errors, Now, out _, out _)
        );
        Assert.Equal(valid ? [] : ["readAccess"], errors.Keys);
    }

    [Theory]
    [InlineData(256, true)]
    [InlineData(257, false)]
    public void A_name_has_at_most_256_characters(int length, bool valid)
    {
        Assert.Equal(valid, new KeyRequest(new string('n', length), null, null, null).TryValidateNew(new FieldErrors(), Now, out _, out _));
        Assert.Equal(valid, new KeyRequest(new string('n', length), null, null, null).TryValidatePatch(new FieldErrors(), out _));
    }

    [Fact]
    public void A_patch_keeps_the_members_that_it_does_not_name()
    {
        Assert.True(new KeyRequest(null, null, ["x"], null).TryValidatePatch(new FieldErrors(), out var patch));
        Assert.Null(patch.Name);
        var scope = patch.Apply(Current);
        Assert.Equal(["r"], scope.Read.ToArray());
        Assert.Equal(["x"], scope.Write.ToArray());
        Assert.Equal(["g"], scope.Grant.ToArray());
    }

    [Fact]
    public void An_empty_list_in_a_patch_removes_the_access()
    {
        Assert.True(new KeyRequest(null, [], [], []).TryValidatePatch(new FieldErrors(), out var patch));
        Assert.Empty(patch.Apply(Current).Entries);
    }

    [Fact]
    public void An_empty_patch_is_refused()
    {
        var errors = new FieldErrors();
        Assert.False(new KeyRequest(null, null, null, null).TryValidatePatch(errors, out _));
        Assert.Equal(["name"], errors.Keys);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("a\nb")]
    [InlineData("a\0")]
    public void A_name_that_is_blank_or_has_control_characters_is_refused(string name)
    {
        var errors = new FieldErrors();
        Assert.False(new KeyRequest(name, null, null, null).TryValidatePatch(errors, out _));
        Assert.Equal(["name"], errors.Keys);
        Assert.False(new KeyRequest(name, null, null, null).TryValidateNew(new FieldErrors(), Now, out _, out _));
    }

    [Theory]
    [InlineData("2026-01-15T10:30:00.001Z", true)]
    [InlineData("2026-01-15T11:30:00.001+01:00", true)]
    [InlineData("9999-12-31T23:59:59.999Z", true)]
    [InlineData("2026-01-15T10:30:00.000Z", false)]
    [InlineData("2026-01-15T10:30:00.0009Z", false)]
    [InlineData("1970-01-01T00:00:00Z", false)]
    [InlineData("2026-02-30T00:00:00Z", false)]
    [InlineData("2027-01-15", false)]
    [InlineData("2027-01-15T10:30:00", false)]
    [InlineData("2027-01-15T10:30:00Z ", false)]
    [InlineData("1800000000", false)]
    [InlineData("tomorrow", false)]
    [InlineData("", false)]
    public void A_new_key_expires_in_the_future_or_not_at_all(string expiresAt, bool valid)
    {
        var errors = new FieldErrors();
        Assert.Equal(valid, new KeyRequest("k", null, null, null) { ExpiresAt = OptionalText.Of(expiresAt) }.TryValidateNew(errors, Now, out _, out var scope));
        Assert.Equal(valid ? [] : ["expiresAt"], errors.Keys);
        Assert.Equal(valid, scope.Limits.ExpiresAt > Now);
        Assert.True(new KeyRequest("k", null, null, null) { ExpiresAt = OptionalText.Of(null) }.TryValidateNew(new FieldErrors(), Now, out _, out scope));
        Assert.Null(scope.Limits.ExpiresAt);
    }

    [Fact]
    public void A_patch_sets_clears_or_keeps_the_expiry()
    {
        var current = Current with { Limits = new KeyLimits(Now, ClientNetworks.Any) };
        Assert.True(new KeyRequest("k", null, null, null).TryValidatePatch(new FieldErrors(), out var patch));
        Assert.Equal(Now, patch.Apply(current).Limits.ExpiresAt);
        Assert.True(new KeyRequest(null, null, null, null) { ExpiresAt = OptionalText.Of(null) }.TryValidatePatch(new FieldErrors(), out patch));
        Assert.Null(patch.Apply(current).Limits.ExpiresAt);

        // A time in the past stops the key.
        Assert.True(
            new KeyRequest(null, null, null, null) { ExpiresAt = OptionalText.Of("2020-01-01T00:00:00Z") }.TryValidatePatch(new FieldErrors(), out patch)
        );
        Assert.Equal(new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), patch.Apply(current).Limits.ExpiresAt);
    }

    [Fact]
    public void A_patch_replaces_removes_or_keeps_the_networks()
    {
        Assert.True(ClientNetwork.TryParse("10.0.0.0/8", out var network));
        var current = Current with { Limits = new KeyLimits(null, ClientNetworks.Of(network)) };
        Assert.True(new KeyRequest("k", null, null, null).TryValidatePatch(new FieldErrors(), out var patch));
        Assert.Equal(["10.0.0.0/8"], patch.Apply(current).Limits.Networks.ToArray());
        Assert.True(
            new KeyRequest(null, null, null, null) { AllowedCidrs = ["::ffff:192.0.2.1", "192.0.2.1", "2001:DB8:0::/32"] }.TryValidatePatch(
                new FieldErrors(),
                out patch
            )
        );
        Assert.Equal(["192.0.2.1/32", "2001:db8::/32"], patch.Apply(current).Limits.Networks.ToArray());
        Assert.True(new KeyRequest(null, null, null, null) { AllowedCidrs = [] }.TryValidatePatch(new FieldErrors(), out patch));
        Assert.True(patch.Apply(current).Limits.Networks.IsAny);
    }

    [Theory]
    [InlineData(64, true)]
    [InlineData(65, false)]
    public void A_key_has_at_most_64_networks(int count, bool valid)
    {
        var errors = new FieldErrors();
        Assert.Equal(
            valid,
            new KeyRequest(null, null, null, null) { AllowedCidrs = [.. Enumerable.Range(0, count).Select(static i => $"10.0.0.{i}")] }.TryValidatePatch(
                errors,
                out _
            )
        );
        Assert.Equal(valid ? [] : ["allowedCidrs"], errors.Keys);
    }

    [Theory]
    [InlineData(null, 86_400)]
    [InlineData(0, 0)]
    [InlineData(2_592_000, 2_592_000)]
    [InlineData(-1, null)]
    [InlineData(2_592_001, null)]
    [InlineData(int.MaxValue, null)]
    [InlineData(int.MinValue, null)]
    public void An_overlap_is_0_to_30_days_and_one_day_by_default(int? given, int? seconds)
    {
        var errors = new FieldErrors();
        Assert.Equal(seconds is not null, RotateKeyRequest.TryValidate(new RotateKeyRequest(given), errors, out var overlap));
        Assert.Equal(seconds is null ? ["overlapSeconds"] : [], errors.Keys);
        Assert.True(seconds is null || overlap == TimeSpan.FromSeconds(seconds.Value));
        Assert.True(RotateKeyRequest.TryValidate(null, new FieldErrors(), out overlap));
        Assert.Equal(TimeSpan.FromDays(1), overlap);
    }
}
