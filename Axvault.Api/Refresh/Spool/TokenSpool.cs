using System.Collections.Concurrent;
using System.Text.Json;
using Axvault.Api.Configuration;
using Axvault.Api.Encryption;

namespace Axvault.Api.Refresh.Spool;

/// <summary>
/// A folder of files, one for each refreshed credential that is not yet certainly in the database. A file is written, and on the disk, before the
/// database is asked to store the tokens, and removed when it has: neither a database that fails nor a process that dies in between loses them.
/// </summary>
/// <remarks>A file bears the name of its vault, so that servers of two vaults on one machine never take each other's files for stale.</remarks>
internal sealed partial class TokenSpool(AxvaultOptions options, Vault vault, ILogger<TokenSpool> logger)
{
    private const string Extension = ".token";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    // Files that a refresh of this process still works on.
    private readonly ConcurrentDictionary<string, bool> _held = [];

    private string Folder => options.Refresh.SpoolFolder;

    /// <summary>Makes the folder, and says in the log when there can be none: refreshed tokens are then in memory alone until the database has them.</summary>
    public void Prepare()
    {
        try
        {
            var probe = Path.Combine(CreateFolder(), $"{Guid.NewGuid():N}.probe");
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.NoFolder(logger, Setting.RefreshSpool.Variable, exception.GetType().Name);
        }
    }

    /// <summary>Keeps <paramref name="refreshed"/> on the disk until it is removed.</summary>
    /// <returns>Whether it is on the disk.</returns>
    public bool TryKeep(RefreshedCredential refreshed)
    {
        var file = FileOf(refreshed);
        _held[file] = true;
        try
        {
            CreateFolder();
            var staged = $"{file}.{Guid.NewGuid():N}";
            var open = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Options = FileOptions.WriteThrough };
            if (!OperatingSystem.IsWindows())
            {
                open.UnixCreateMode = OwnerOnly;
            }

            using (var stream = new FileStream(staged, open))
            {
                JsonSerializer.Serialize(stream, SpoolEntry.Of(refreshed), SpoolJsonContext.Default.SpoolEntry);
                stream.Flush(flushToDisk: true);
            }

            File.Move(staged, file, overwrite: true);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.NotKept(logger, refreshed.Name.Value, exception.GetType().Name);
            return false;
        }
    }

    /// <summary>Removes <paramref name="refreshed"/>, which the database has, or does not want any more.</summary>
    public void Remove(RefreshedCredential refreshed)
    {
        var file = FileOf(refreshed);
        try
        {
            File.Delete(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It is looked at again at the next start, and found to be stale.
            Log.NotRemoved(logger, refreshed.Name.Value, exception.GetType().Name);
        }

        Release(refreshed);
    }

    /// <summary>Leaves <paramref name="refreshed"/> to whoever looks through the folder next.</summary>
    public void Release(RefreshedCredential refreshed) => _held.TryRemove(FileOf(refreshed), out _);

    /// <summary>What was kept and nobody works on: left by a process that died, or given up when one was stopped.</summary>
    public IReadOnlyList<RefreshedCredential> FindLeft()
    {
        try
        {
            return Directory.Exists(Folder)
                ? [.. Directory.EnumerateFiles(Folder, $"{vault.Id}-*{Extension}").Where(file => !_held.ContainsKey(file)).Select(Read).OfType<RefreshedCredential>()]
                : [];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.NoFolder(logger, Setting.RefreshSpool.Variable, exception.GetType().Name);
            return [];
        }
    }

    /// <summary>How many files are under each key; those that cannot be read are not among them.</summary>
    public IReadOnlyDictionary<KekId, long> CountByKey()
    {
        try
        {
            return Directory.Exists(Folder)
                ? Directory.EnumerateFiles(Folder, $"{vault.Id}-*{Extension}").Select(TryFindKey).OfType<KekId>().CountBy(static key => key).ToDictionary(static count => count.Key, static count => (long)count.Value)
                : new Dictionary<KekId, long>();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.NoFolder(logger, Setting.RefreshSpool.Variable, exception.GetType().Name);
            return new Dictionary<KekId, long>();
        }
    }

    private static KekId? TryFindKey(string file)
    {
        try
        {
            return Parse(file) is { } refreshed ? Envelope.KeyOf(refreshed.Envelope) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException or FormatException)
        {
            return null;
        }
    }

    private static RefreshedCredential? Parse(string file) => JsonSerializer.Deserialize(File.ReadAllBytes(file), SpoolJsonContext.Default.SpoolEntry)?.Unwrap();

    private RefreshedCredential? Read(string file)
    {
        try
        {
            var refreshed = Parse(file);
            if (refreshed is null)
            {
                return null;
            }

            if (vault.CanDecrypt(refreshed.Envelope))
            {
                // Under the key that encrypts now, whichever it was spooled under: nothing is brought back under an older one.
                return refreshed with { Envelope = vault.Renew(new EnvelopeContext(refreshed.RowId, refreshed.Name), refreshed.Envelope) };
            }

            // Stored, it would shut everyone out: it waits for a start that has its key.
            Log.NotRead(logger, Path.GetFileName(file), "it is encrypted under a key that is not configured");
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException or FormatException or EnvelopeException)
        {
            Log.NotRead(logger, Path.GetFileName(file), exception.GetType().Name);
            return null;
        }
    }

    private string CreateFolder() => OperatingSystem.IsWindows()
        ? Directory.CreateDirectory(Folder).FullName
        : Directory.CreateDirectory(Folder, OwnerOnly | UnixFileMode.UserExecute).FullName;

    private string FileOf(RefreshedCredential refreshed) => Path.Combine(Folder, $"{vault.Id}-{refreshed.RowId:N}-{refreshed.Version}{Extension}");

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The folder for refreshed tokens that the database cannot take cannot be used ({Reason}): name another in {Setting}. Until the database has them, such tokens are in memory alone")]
        public static partial void NoFolder(ILogger logger, string setting, string reason);

        [LoggerMessage(LogLevel.Warning, "The refreshed tokens of {Credential} are in memory alone until the database has them: the spool cannot be written ({Reason})")]
        public static partial void NotKept(ILogger logger, string credential, string reason);

        [LoggerMessage(LogLevel.Warning, "The spooled tokens of {Credential}, which the database has, cannot be removed ({Reason})")]
        public static partial void NotRemoved(ILogger logger, string credential, string reason);

        [LoggerMessage(LogLevel.Error, "The spooled tokens in {File} cannot be read ({Reason}): the file is left alone")]
        public static partial void NotRead(ILogger logger, string file, string reason);
    }
}
