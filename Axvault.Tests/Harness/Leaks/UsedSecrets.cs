using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Npgsql;

namespace Axvault.Tests.Harness.Leaks;

/// <summary>Every secret that a run used, with its kind. Safe for concurrent use.</summary>
internal sealed partial class UsedSecrets
{
    // Shorter texts also occur by chance.
    private const int LeastLength = 12;

    private readonly ConcurrentDictionary<string, SecretKind> _secrets = new(StringComparer.Ordinal);

    /// <summary>The secrets.</summary>
    public IReadOnlyCollection<KeyValuePair<string, SecretKind>> All => _secrets.ToArray();

    /// <summary>Remembers a secret, unless it is null or too short to be searched for.</summary>
    public void Add(string? secret, SecretKind kind)
    {
        if (secret is { Length: >= LeastLength })
        {
            _secrets.AddOrUpdate(secret, kind, (_, known) => known | kind);
        }
    }

    /// <summary>Remembers the password in a connection string or a URL.</summary>
    public void AddPasswordOf(string database)
    {
        if (!database.Contains("://", StringComparison.Ordinal))
        {
            Add(new NpgsqlConnectionStringBuilder(database).Password, SecretKind.DatabasePassword);
        }
        else if (UserInfo().Match(database) is { Success: true } match)
        {
            Add(match.Groups[1].Value, SecretKind.DatabasePassword);
            Add(Uri.UnescapeDataString(match.Groups[1].Value), SecretKind.DatabasePassword);
        }
    }

    /// <summary>Remembers the keys and OAuth client secrets in a server's variables, and in the files that they name.</summary>
    public void AddVariable(string name, string value)
    {
        if (!SecretVariable().IsMatch(name))
        {
            return;
        }

        foreach (var secret in value.Split(','))
        {
            Add(secret, SecretKind.Setting);
        }

        if (name.EndsWith("_FILE", StringComparison.Ordinal) && new FileInfo(value) is { Exists: true, Length: > 0 and < 4096 })
        {
            Add(File.ReadAllText(value).Trim(), SecretKind.Setting);
        }
    }

    /// <summary>Remembers values without spaces in a request body whose member name contains token, key, secret or password.</summary>
    public void AddDataOf(string body)
    {
        foreach (var match in DataValue().EnumerateMatches(body))
        {
            var text = body.AsSpan(match.Index, match.Length);
            Add(text[(text[..^1].LastIndexOf('"') + 1)..^1].ToString(), SecretKind.CredentialData);
        }
    }

    /// <summary>Remembers the API key secrets in an answer or in the output of a server.</summary>
    public void AddKeysOf(string text, SecretKind kind)
    {
        foreach (var match in KeySecret().EnumerateMatches(text))
        {
            Add(text.Substring(match.Index, match.Length), kind);
        }
    }

    [GeneratedRegex("^[a-z]+://[^:/?@]*:([^@/?]*)@")]
    private static partial Regex UserInfo();

    [GeneratedRegex("^AXVAULT_(ENCRYPTION_KEY|OAUTH_.*_CLIENT_SECRET)")]
    private static partial Regex SecretVariable();

    [GeneratedRegex(
        """
            "[^"]*(token|key|secret|password)[^"]*"\s*:\s*"[^"\s\\]+"
            """,
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant
    )]
    private static partial Regex DataValue();

    [GeneratedRegex("axv_sk_[0-9A-Za-z]{49}")]
    private static partial Regex KeySecret();
}
