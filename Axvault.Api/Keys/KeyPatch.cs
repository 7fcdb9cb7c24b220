using Axvault.Api.Authorization;

namespace Axvault.Api.Keys;

/// <summary>What to change of a key; what is <see langword="null"/> stays.</summary>
internal sealed record KeyPatch(string? Name, AccessList? Read, AccessList? Write, AccessList? Grant)
{
    /// <summary>The scope that <paramref name="current"/> becomes.</summary>
    public AccessScope Apply(AccessScope current) => new(Read ?? current.Read, Write ?? current.Write, Grant ?? current.Grant);
}
