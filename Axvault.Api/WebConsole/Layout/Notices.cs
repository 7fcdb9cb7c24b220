using System.Collections.Frozen;

namespace Axvault.Api.WebConsole.Layout;

/// <summary>The sentences after a change. The address of a page names one by its code, so that a link from elsewhere can say nothing of its own.</summary>
internal static class Notices
{
    private static readonly FrozenDictionary<string, string> ByCode = new Dictionary<string, string>
    {
        ["stored"] = "The credential is stored.",
        ["logged-in"] = "The new login is stored.",
        ["refreshed"] = "The credential was refreshed.",
        ["noted"] = "The title and the notes are saved.",
        ["deleted"] = "The credential is deleted. It can be restored from the list of deleted ones.",
        ["purged"] = "The credential is gone for good.",
        ["undeleted"] = "The credential is back.",
        ["restored"] = "The version is current again.",
        ["key-changed"] = "The key is changed.",
        ["key-deleted"] = "The key has ended. It works no more on any server.",
        ["rule-stored"] = "The rule is stored.",
        ["rule-deleted"] = "The rule is deleted. The keys that it issued have ended.",
        ["issuer-stored"] = "The issuer is stored.",
        ["issuer-deleted"] = "The issuer is deleted.",
    }.ToFrozenDictionary();

    /// <summary>Returns the sentence of a code; <see langword="null"/> when there is none.</summary>
    public static string? Find(string? code) => code is null ? null : ByCode.GetValueOrDefault(code);
}
