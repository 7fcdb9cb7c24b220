namespace Axvault.Api.Settings;

/// <summary>The text of a secret, without what editors, shells and secret stores add to it.</summary>
internal static class SecretText
{
    private const char ByteOrderMark = '\uFEFF';

    /// <summary>Returns <paramref name="text"/> without byte order marks at its start and line breaks at its end. Variables and files are cut alike.</summary>
    public static string Cut(string text) => text.TrimStart(ByteOrderMark).TrimEnd('\r', '\n');

    /// <summary>Returns <see langword="true"/> when <paramref name="text"/> stands in quotes; otherwise <see langword="false"/>.</summary>
    public static bool IsQuoted(string text) => Cut(text) is { Length: > 1 } cut && cut[0] is '"' or '\'' && cut[^1] == cut[0];
}
