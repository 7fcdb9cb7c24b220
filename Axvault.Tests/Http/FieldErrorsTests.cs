using Axvault.Api.Http;

namespace Axvault.Tests.Http;

public sealed class FieldErrorsTests
{
    [Fact]
    public void The_first_problem_of_a_field_is_kept()
    {
        var errors = new FieldErrors();
        errors.Report("a", "first");
        errors.Report("a", "second");
        errors.Report("b", "other");
        Assert.Equal(new Dictionary<string, string> { ["a"] = "first", ["b"] = "other" }, errors);
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("12345", true)]
    [InlineData("123456", false)]
    [InlineData("😀😀😀😀😀", true)]
    [InlineData("😀😀😀😀😀😀", false)]
    [InlineData("", false)]
    [InlineData(" ", false)]
    [InlineData("\u00a0\u2003", false)]
    [InlineData("a b", true)]
    [InlineData("a\n", false)]
    [InlineData("a\r", false)]
    [InlineData("a\t", false)]
    [InlineData("a\0", false)]
    [InlineData("a\u001b", false)]
    [InlineData("a\u007f", false)]
    [InlineData("a\u0085", false)]
    public void A_text_has_1_to_5_characters_and_no_control_characters(string text, bool valid) => Check(text, valid, multiline: false);

    [Theory]
    [InlineData("a\nb", true)]
    [InlineData("a\r\nb", true)]
    [InlineData("a\tb", true)]
    [InlineData("\n", false)]
    [InlineData("a\0b", false)]
    [InlineData("a\u001bb", false)]
    public void A_text_of_several_lines_may_have_line_ends_and_tabs(string text, bool valid) => Check(text, valid, multiline: true);

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void A_missing_text_is_wrong_only_when_it_is_required(bool required, bool valid)
    {
        var errors = new FieldErrors();
        Assert.Null(errors.Text("field", null, 5, required));
        Assert.Equal(valid, errors.Count == 0);
    }

    private static void Check(string text, bool valid, bool multiline)
    {
        var errors = new FieldErrors();
        Assert.Equal(valid ? text : null, errors.Text("field", text, 5, multiline: multiline));
        Assert.Equal(valid ? [] : ["must be a text of 1 to 5 characters, without control characters"], errors.Values);
    }
}
