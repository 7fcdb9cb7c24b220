using Axvault.Api.Authorization;
using Axvault.Api.Http;
using Axvault.Api.Keys;
using Axvault.Tests.Authorization;

namespace Axvault.Tests.Keys;

public sealed class KeyRequestTests
{
    private static readonly AccessScope Current = new(Names.List("r"), Names.List("w"), Names.List("g"));

    [Fact]
    public void A_new_key_has_its_name_and_lists()
    {
        var errors = new FieldErrors();
        Assert.True(new KeyRequest("CI", ["claude.*", "claude.*"], ["claude.prod"], ["*"]).TryValidateNew(errors, out var name, out var scope));
        Assert.Equal("CI", name);
        Assert.Equal(["claude.*"], scope.Read.ToArray());
        Assert.Equal(["claude.prod"], scope.Write.ToArray());
        Assert.Equal(["*"], scope.Grant.ToArray());
    }

    [Fact]
    public void Lists_that_are_absent_are_empty_on_a_new_key()
    {
        Assert.True(new KeyRequest("CI", null, null, null).TryValidateNew(new FieldErrors(), out _, out var scope));
        Assert.Empty(scope.Entries);
    }

    [Fact]
    public void Everything_that_is_wrong_with_a_new_key_is_said_at_once()
    {
        var errors = new FieldErrors();
        Assert.False(new KeyRequest(null, ["a/b"], ["ok", null], ["**"]).TryValidateNew(errors, out _, out _));
        Assert.Equal(["grantAccess", "name", "readAccess", "writeAccess"], errors.Keys.Order());
        Assert.All(errors.Values, static message => Assert.DoesNotContain("a/b", message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(256, true)]
    [InlineData(257, false)]
    public void A_list_has_at_most_256_entries(int count, bool valid)
    {
        var errors = new FieldErrors();
        Assert.Equal(valid, new KeyRequest("k", [.. Enumerable.Range(0, count).Select(static i => $"n{i}")], null, null).TryValidateNew(errors, out _, out _));
        Assert.Equal(valid ? [] : ["readAccess"], errors.Keys);
    }

    [Theory]
    [InlineData(256, true)]
    [InlineData(257, false)]
    public void A_name_has_at_most_256_characters(int length, bool valid)
    {
        Assert.Equal(valid, new KeyRequest(new string('n', length), null, null, null).TryValidateNew(new FieldErrors(), out _, out _));
        Assert.Equal(valid, new KeyRequest(new string('n', length), null, null, null).TryValidatePatch(new FieldErrors(), out _));
    }

    [Fact]
    public void A_change_keeps_what_it_does_not_name()
    {
        Assert.True(new KeyRequest(null, null, ["x"], null).TryValidatePatch(new FieldErrors(), out var patch));
        Assert.Null(patch.Name);
        var scope = patch.Apply(Current);
        Assert.Equal(["r"], scope.Read.ToArray());
        Assert.Equal(["x"], scope.Write.ToArray());
        Assert.Equal(["g"], scope.Grant.ToArray());
    }

    [Fact]
    public void A_change_to_an_empty_list_takes_the_access_away()
    {
        Assert.True(new KeyRequest(null, [], [], []).TryValidatePatch(new FieldErrors(), out var patch));
        Assert.Empty(patch.Apply(Current).Entries);
    }

    [Fact]
    public void A_change_names_something_to_change()
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
        Assert.False(new KeyRequest(name, null, null, null).TryValidateNew(new FieldErrors(), out _, out _));
    }
}
