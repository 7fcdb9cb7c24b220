namespace Axvault.Tests.Properties;

/// <summary>A vault in memory that computes the expected answer to each call. It follows the contract and uses no code of the server.</summary>
internal sealed class VaultModel
{
    private const int MaxKept = 10;

    private readonly List<ModelKey> _keys = [];
    private readonly Dictionary<string, List<string>> _kept = [];
    private readonly SortedDictionary<string, string> _credentials = new(StringComparer.Ordinal);

    /// <summary>Every key ever created, in order.</summary>
    public IReadOnlyList<ModelKey> Keys => _keys;

    /// <summary>The data of each credential, by its name.</summary>
    public IReadOnlyDictionary<string, string> Credentials => _credentials;

    public void Add(ModelKey key) => _keys.Add(key);

    public int CreateKey(ModelKey caller, ModelAccess access) =>
        !caller.Works ? 401
        : Grants(caller, access) ? 201
        : 403;

    public int PatchKey(ModelKey caller, ModelKey target, string[]? read, string[]? write, string[]? grant, ModelLimit? limit)
    {
        if (!caller.Works || !target.Lives)
        {
            return !caller.Works ? 401
                : Administers(caller) ? 404
                : 403;
        }

        var patched = new ModelAccess(read ?? target.Access.Read, write ?? target.Access.Write, grant ?? target.Access.Grant, limit ?? target.Access.Limit);
        if (!Grants(caller, target.Access) || !Grants(caller, patched))
        {
            return 403;
        }

        if (caller == target && !ModelKey.Allows(patched.Limit))
        {
            return 409;
        }

        target.Access = patched;
        return 200;
    }

    /// <summary>Returns the status of giving <paramref name="target"/> a new secret. The caller applies the secret that the server answers with.</summary>
    public int RotateKey(ModelKey caller, ModelKey target, bool byPrevious)
    {
        if (byPrevious || !caller.Works || !target.Lives)
        {
            return !(byPrevious ? caller.WorksByPrevious : caller.Works) ? 401
                : !byPrevious && Administers(caller) ? 404
                : 403;
        }

        return caller == target || Grants(caller, target.Access) ? 200 : 403;
    }

    public int DeleteKey(ModelKey caller, ModelKey target)
    {
        if (!caller.Works || !Administers(caller) || !target.Lives)
        {
            return !caller.Works ? 401
                : !Administers(caller) ? 403
                : 404;
        }

        target.Lives = false;
        return 204;
    }

    public int GetKey(ModelKey caller, ModelKey target) =>
        !caller.Works ? 401
        : !Administers(caller) ? 403
        : target.Lives ? 200
        : 404;

    public int Put(ModelKey caller, string name, string data)
    {
        if (!caller.Works || !Covers(caller.Access.Write, name))
        {
            return !caller.Works ? 401 : 403;
        }

        Keep(name);
        _credentials[name] = data;
        return 201;
    }

    public int Get(ModelKey caller, string name) =>
        !caller.Works ? 401
        : !Covers(caller.Access.Read, name) ? 403
        : _credentials.ContainsKey(name) ? 200
        : 404;

    public int Delete(ModelKey caller, string name)
    {
        if (Refusal(caller, name) is { } refusal)
        {
            return refusal;
        }

        Keep(name);
        return _credentials.Remove(name) ? 204 : 404;
    }

    public int Purge(ModelKey caller, string name) =>
        Refusal(caller, name) ?? (_credentials.Remove(name) | (_kept.Remove(name, out var kept) && kept.Count > 0) ? 204 : 404);

    public int Undelete(ModelKey caller, string name) => Refusal(caller, name) ?? (_credentials.ContainsKey(name) ? 409 : Restore(caller, name, 0));

    /// <summary>Restores the state that is <paramref name="back"/> places behind the newest one that is kept.</summary>
    public int Restore(ModelKey caller, string name, int back)
    {
        if (Refusal(caller, name) is { } refusal)
        {
            return refusal;
        }

        if (back >= Kept(name).Count)
        {
            return 404;
        }

        var data = Kept(name)[back];
        _kept[name].RemoveAt(back);
        Keep(name);
        _credentials[name] = data;
        return 200;
    }

    /// <summary>The replaced or deleted states of <paramref name="name"/>, newest first.</summary>
    public IReadOnlyList<string> Kept(string name) => _kept.TryGetValue(name, out var kept) ? kept : [];

    /// <summary>The names that <paramref name="caller"/> may list, in the order of their bytes.</summary>
    public IEnumerable<string> List(ModelKey caller) => _credentials.Keys.Where(name => Covers(caller.Access.Read, name));

    private static int? Refusal(ModelKey caller, string name) =>
        !caller.Works ? 401
        : !Covers(caller.Access.Write, name) ? 403
        : null;

    private void Keep(string name)
    {
        if (_credentials.TryGetValue(name, out var data))
        {
            if (!_kept.TryGetValue(name, out var kept))
            {
                _kept[name] = kept = [];
            }

            kept.Insert(0, data);
            kept.RemoveRange(Math.Min(kept.Count, MaxKept), Math.Max(0, kept.Count - MaxKept));
        }
    }

    private static bool Administers(ModelKey key) => key.Access.Grant.Contains("*");

    private static bool Grants(ModelKey caller, ModelAccess access) =>
        IsWithin(caller.Access.Limit, access.Limit)
        && access.Read.Concat(access.Write).Concat(access.Grant).DefaultIfEmpty("*").All(entry => caller.Access.Grant.Any(own => Contains(own, entry)));

    // An expiry counts as a limit in time, networks as one in place. A key may only grant limits at least as strict as its own.
    private static bool IsWithin(ModelLimit own, ModelLimit limit) =>
        own switch
        {
            ModelLimit.None => true,
            ModelLimit.Far => limit is ModelLimit.Far or ModelLimit.Past,
            _ => limit == own,
        };

    private static bool Covers(string[] entries, string name) =>
        entries.Any(entry => entry.EndsWith('*') ? name.StartsWith(entry[..^1], StringComparison.Ordinal) : entry == name);

    private static bool Contains(string own, string entry) =>
        own.EndsWith('*') ? entry.TrimEnd('*').StartsWith(own[..^1], StringComparison.Ordinal) : own == entry;
}

/// <summary>The three access lists of a key, and its limit.</summary>
internal sealed record ModelAccess(string[] Read, string[] Write, string[] Grant, ModelLimit Limit = ModelLimit.None);

/// <summary>The limit of a key of the model in time or place.</summary>
internal enum ModelLimit
{
    /// <summary>No limit.</summary>
    None,

    /// <summary>An expiry in the far future.</summary>
    Far,

    /// <summary>An expiry in the past.</summary>
    Past,

    /// <summary>The networks of the test's clients.</summary>
    Here,

    /// <summary>Other networks.</summary>
    Elsewhere,
}

/// <summary>A key of the model, with the id and secrets that the server gave it.</summary>
internal sealed class ModelKey(string id, string secret, ModelAccess access)
{
    public string Id => id;

    public string Secret { get; private set; } = secret;

    /// <summary>The secret before the last rotation, whether or not it still works; <see langword="null"/> when the key was never rotated.</summary>
    public string? PreviousSecret { get; private set; }

    public ModelAccess Access { get; set; } = access;

    public bool Lives { get; set; } = true;

    public bool Works => Lives && Allows(Access.Limit);

    public bool WorksByPrevious => Works && PreviousWorks;

    private bool PreviousWorks { get; set; }

    public static bool Allows(ModelLimit limit) => limit is not (ModelLimit.Past or ModelLimit.Elsewhere);

    public void Rotate(string next, bool overlaps) => (PreviousSecret, PreviousWorks, Secret) = (Secret, overlaps, next);
}
