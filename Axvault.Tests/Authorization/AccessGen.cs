using Axvault.Api.Authorization;
using CsCheck;

namespace Axvault.Tests.Authorization;

/// <summary>Random names and entries over a small alphabet, so that prefixes and equal values are frequent.</summary>
internal static class AccessGen
{
    private static readonly Gen<string> NameText = Gen.Select(Gen.Char["abA1"], Gen.String[Gen.Char["abA1._-"], 0, 4], static (first, rest) => first + rest);

    public static readonly Gen<CredentialName> Name = NameText.Select(Names.Name);

    public static readonly Gen<AccessEntry> Entry = Gen.Frequency(
        (1, Gen.Const(AccessEntry.All)),
        (4, NameText.Select(Names.Entry)),
        (4, NameText.Select(static stem => Names.Entry(stem + "*")))
    );

    public static readonly Gen<AccessList> List = Entry.List[0, 4].Select(static entries => AccessList.Of(entries));
}
