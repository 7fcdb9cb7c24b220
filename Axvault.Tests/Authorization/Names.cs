using Axvault.Api.Authorization;

namespace Axvault.Tests.Authorization;

/// <summary>Makes names, entries and lists of texts that a test knows to be valid.</summary>
internal static class Names
{
    public static CredentialName Name(string text) => CredentialName.TryParse(text, out var name) ? name : throw new ArgumentException("no name", nameof(text));

    public static AccessEntry Entry(string text) => AccessEntry.TryParse(text, out var entry) ? entry : throw new ArgumentException("no entry", nameof(text));

    public static AccessList List(params IEnumerable<string> texts) => AccessList.Of(texts.Select(Entry));

    /// <summary>Texts that are neither a name nor an entry. Each is a way to smuggle something past a check or into another place.</summary>
    public static TheoryData<string> Smuggled =>
        [
            "",
            " ",
            " a",
            "a ",
            "a b",
            ".a",
            "-a",
            "_a",
            ".",
            "..",
            "../a",
            "a/b",
            "a/../b",
            "a%2Fb",
            "a%2fb",
            "%2e%2e",
            "a\\b",
            "a:b",
            "a;b",
            "a,b",
            "a'b",
            "a\"b",
            "a?b",
            "a#b",
            "a+b",
            "a=b",
            "a@b",
            "a~b",
            "a$b",
            "a\n",
            "\na",
            "a\r\n",
            "a\tb",
            "a\0",
            "\0",
            "a\0b",
            "a\u007f",
            "\u0430bc", // Cyrillic a
            "cl\u0430ude", // Cyrillic a inside
            "a\u0301", // a combining accent
            "\u00e9",
            "\uff41", // fullwidth a
            "\u0661", // Arabic-Indic digit one: a digit, and no ASCII digit
            "\u00b2", // superscript two
            "a\u200b", // zero width space
            "a\u202eb", // right-to-left override
            "a\u2024b", // one dot leader
            "a\u2010b", // hyphen
            "a\ufe0f",
            "\ufeffa", // byte order mark
            "\ud83d\ude00",
            "a\ud800", // lone surrogates
            "a\udc00",
            "\u0130", // the capital I with a dot, lower case of which is i in Turkish
            "\u017f", // long s, upper case of which is S
            "\u212a", // the Kelvin sign, lower case of which is k
        ];
}
