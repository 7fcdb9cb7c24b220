namespace Axvault.Tests.Properties;

/// <summary>What a vault should answer, worked out in memory from the contract and from nothing of the server's code.</summary>
internal sealed class VaultModel
{
    private readonly List<ModelKey> _keys = [];
    private readonly SortedDictionary<string, string> _credentials = new(StringComparer.Ordinal);

    /// <summary>Every key that was ever made, in the order in which they were made.</summary>
    public IReadOnlyList<ModelKey> Keys => _keys;

    /// <summary>The data of each credential, by its name.</summary>
    public IReadOnlyDictionary<string, string> Credentials => _credentials;

    public void Add(ModelKey key) => _keys.Add(key);

    public int CreateKey(ModelKey caller, ModelAccess access) => !caller.Lives ? 401 : Grants(caller, access) ? 201 : 403;

    public int PatchKey(ModelKey caller, ModelKey target, string[]? read, string[]? write, string[]? grant)
    {
        if (!caller.Lives || !target.Lives)
        {
            return !caller.Lives ? 401 : Administers(caller) ? 404 : 403;
        }

        var patched = new ModelAccess(read ?? target.Access.Read, write ?? target.Access.Write, grant ?? target.Access.Grant);
        if (!Grants(caller, target.Access) || !Grants(caller, patched))
        {
            return 403;
        }

        target.Access = patched;
        return 200;
    }

    public int DeleteKey(ModelKey caller, ModelKey target)
    {
        if (!caller.Lives || !Administers(caller) || !target.Lives)
        {
            return !caller.Lives ? 401 : !Administers(caller) ? 403 : 404;
        }

        target.Lives = false;
        return 204;
    }

    public int GetKey(ModelKey caller, ModelKey target) => !caller.Lives ? 401 : !Administers(caller) ? 403 : target.Lives ? 200 : 404;

    public int Put(ModelKey caller, string name, string data)
    {
        if (!caller.Lives || !Covers(caller.Access.Write, name))
        {
            return !caller.Lives ? 401 : 403;
        }

        _credentials[name] = data;
        return 201;
    }

    public int Get(ModelKey caller, string name) =>
        !caller.Lives ? 401 : !Covers(caller.Access.Read, name) ? 403 : _credentials.ContainsKey(name) ? 200 : 404;

    public int Delete(ModelKey caller, string name) =>
        !caller.Lives ? 401 : !Covers(caller.Access.Write, name) ? 403 : _credentials.Remove(name) ? 204 : 404;

    /// <summary>The names that <paramref name="caller"/> may list, in the order of their bytes.</summary>
    public IEnumerable<string> List(ModelKey caller) => _credentials.Keys.Where(name => Covers(caller.Access.Read, name));

    private static bool Administers(ModelKey key) => key.Access.Grant.Contains("*");

    private static bool Grants(ModelKey caller, ModelAccess access) =>
        caller.Access.Grant.Length > 0 && access.Read.Concat(access.Write).Concat(access.Grant).All(entry => caller.Access.Grant.Any(own => Contains(own, entry)));

    private static bool Covers(string[] entries, string name) =>
        entries.Any(entry => entry.EndsWith('*') ? name.StartsWith(entry[..^1], StringComparison.Ordinal) : entry == name);

    private static bool Contains(string own, string entry) =>
        own.EndsWith('*') ? entry.TrimEnd('*').StartsWith(own[..^1], StringComparison.Ordinal) : own == entry;
}

/// <summary>The three lists of a key.</summary>
internal sealed record ModelAccess(string[] Read, string[] Write, string[] Grant);

/// <summary>A key of the model, and the id and secret that the server gave it.</summary>
internal sealed class ModelKey(string id, string secret, ModelAccess access)
{
    public string Id => id;

    public string Secret => secret;

    public ModelAccess Access { get; set; } = access;

    public bool Lives { get; set; } = true;
}
