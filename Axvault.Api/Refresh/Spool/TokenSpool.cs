using System.Collections.Concurrent;
using System.Text.Json;
using Axvault.Api.Encryption;

namespace Axvault.Api.Refresh.Spool;

/// <summary>
/// A folder with one file for each refreshed credential that may not be in the database yet. A file is flushed to the disk before the database is asked to
/// store the tokens, and removed after it has. Neither a failing database nor a dying process loses them.
/// </summary>
/// <remarks>A file name starts with the id of the vault. Servers of two vaults that share a machine thus do not discard each other's files as stale.</remarks>
internal sealed partial class TokenSpool(RefreshOptions options, Vault vault, ILogger<TokenSpool> logger)
{
    private const string Extension = ".token";

    // Added to the name of a file that was edited or is old. No server reads it again.
    private const string Refused = ".refused";

    // An older server, which does not know such files, must not take one for tokens.
    private const string AnswerExtension = ".answer";

    // Files of refreshes that this process has not finished.
    private readonly ConcurrentDictionary<string, bool> _held = [];

    // The reason that was logged for a folder or a file that stays, so that a sweep does not log it again.
    private readonly ConcurrentDictionary<string, string> _told = [];

    private string Folder => options.SpoolFolder;

    /// <summary>Creates the folder. A failure is logged: refreshed tokens are then only in memory until the database has them.</summary>
    public void Prepare()
    {
        try
        {
            if (!IsSafe(SpoolFiles.CreateFolder(Folder)))
            {
                return;
            }

            var probe = Path.Combine(Folder, $"{Guid.NewGuid():N}.probe");
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Tell(Folder, exception.GetType().Name);
        }
    }

    /// <summary>Writes <paramref name="refreshed"/> to the disk.</summary>
    /// <returns><see langword="true"/> when it is on the disk; otherwise <see langword="false"/>.</returns>
    public bool TryKeep(RefreshedCredential refreshed)
    {
        var file = FileOf(refreshed);
        _held[file] = true;
        var staged = $"{file}.{Guid.NewGuid():N}";
        try
        {
            if (!IsSafe(SpoolFiles.CreateFolder(Folder)))
            {
                Log.NotKept(logger, refreshed.Name.Value, "the folder is not safe");
                return false;
            }

            Write(staged, refreshed);
            File.Move(staged, file, overwrite: true);
            SpoolFiles.FlushFolder(Folder);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.NotKept(logger, refreshed.Name.Value, exception.GetType().Name);
            Discard(staged);
            return false;
        }
    }

    /// <summary>Removes the file of <paramref name="refreshed"/>, because the database has these tokens or newer ones.</summary>
    public void Remove(RefreshedCredential refreshed)
    {
        var file = FileOf(refreshed);
        try
        {
            File.Delete(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The next start reads the file again and discards it as stale.
            Log.NotRemoved(logger, refreshed.Name.Value, exception.GetType().Name);
        }

        Release(refreshed);
    }

    /// <summary>
    /// Leaves the file of <paramref name="refreshed"/> aside, because the database has another state than the one that these tokens replace. They may be the
    /// only valid ones when the database itself is old, so they are not removed.
    /// </summary>
    public void SetAside(RefreshedCredential refreshed)
    {
        SetAside(FileOf(refreshed), "the version that it replaces is gone");
        Release(refreshed);
    }

    /// <summary>Leaves the file of <paramref name="refreshed"/> to the next <see cref="FindLeft"/>.</summary>
    public void Release(RefreshedCredential refreshed) => _held.TryRemove(FileOf(refreshed), out _);

    /// <summary>Returns the entries that no refresh of this process is working on. A process that died or was stopped has left them.</summary>
    public IReadOnlyList<RefreshedCredential> FindLeft()
    {
        try
        {
            return Directory.Exists(Folder) && IsSafe(Folder)
                ? [.. EnumerateFiles().Where(file => !_held.ContainsKey(file)).Select(Read).OfType<RefreshedCredential>()]
                : [];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Tell(Folder, exception.GetType().Name);
            return [];
        }
    }

    /// <summary>Returns the number of files under each KEK. Unreadable files are not counted.</summary>
    public IReadOnlyDictionary<KekId, long> CountByKey()
    {
        try
        {
            return Directory.Exists(Folder)
                ? EnumerateFiles()
                    .Select(TryFindKey)
                    .OfType<KekId>()
                    .CountBy(static key => key)
                    .ToDictionary(static count => count.Key, static count => (long)count.Value)
                : new Dictionary<KekId, long>();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Tell(Folder, exception.GetType().Name);
            return new Dictionary<KekId, long>();
        }
    }

    private IEnumerable<string> EnumerateFiles() =>
        new[] { Extension, AnswerExtension }.SelectMany(extension => Directory.EnumerateFiles(Folder, $"{vault.Id}-*{extension}"));

    private static KekId? TryFindKey(string file)
    {
        try
        {
            var content = SpoolFiles.Read(file, out var fault);
            return fault is null ? Envelope.KekOf(SpoolEntry.Parse(content).Envelope) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    private RefreshedCredential? Read(string file)
    {
        try
        {
            var content = SpoolFiles.Read(file, out var fault);
            if (fault is not null)
            {
                SetAside(file, fault);
                return null;
            }

            var entry = SpoolEntry.Parse(content);
            if (Envelope.KekOf(entry.Envelope) is { } kek && !vault.Keys.TryFind(kek, out _))
            {
                // The file stays for a server that has its KEK. Stored now, the tokens could not be read.
                Tell(file, "it is encrypted under a key that is not configured");
                return null;
            }

            if (Authenticate(entry) is { } refreshed && FileOf(refreshed) == file)
            {
                // Reseal under the current KEK: the entry may have been spooled under an older one.
                return refreshed with { Envelope = vault.Renew(refreshed.Context, refreshed.Envelope) };
            }

            SetAside(file, "no server of this vault has written it so");
        }
        catch (Exception exception) when (exception is JsonException or FormatException or EnvelopeException)
        {
            SetAside(file, exception.GetType().Name);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Tell(file, exception.GetType().Name);
        }

        return null;
    }

    private RefreshedCredential? Authenticate(SpoolEntry entry) =>
        vault.CanDecrypt(entry.Envelope) && entry.IsAuthentic(vault.Id, SpoolKeyOf(entry.Envelope)) ? entry.Unwrap() : null;

    private byte[] SpoolKeyOf(byte[] envelope) =>
        Envelope.KekOf(envelope) is { } kek && vault.Keys.TryFind(kek, out var key) ? key.SpoolKey : throw new EnvelopeException(EnvelopeFault.UnknownKek);

    private void Write(string staged, RefreshedCredential refreshed)
    {
        using var stream = SpoolFiles.Create(staged);
        JsonSerializer.Serialize(stream, SpoolEntry.Of(refreshed, vault.Id, SpoolKeyOf(refreshed.Envelope)), SpoolJsonContext.Default.SpoolEntry);
        stream.Flush(flushToDisk: true);
    }

    // A full disk leaves a part of the file behind.
    private void Discard(string staged)
    {
        try
        {
            File.Delete(staged);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Tell(staged, exception.GetType().Name);
        }
    }

    // A rename opens nothing.
    private void SetAside(string file, string reason)
    {
        try
        {
            File.Move(file, file + Refused, overwrite: true);
            Log.SetAside(logger, Path.GetFileName(file), reason, Refused);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Tell(file, reason);
        }
    }

    private bool IsSafe(string folder)
    {
        if (SpoolFiles.FindFolderFault(folder) is not { } fault)
        {
            _told.TryRemove(Folder, out _);
            return true;
        }

        Tell(Folder, fault);
        return false;
    }

    private void Tell(string path, string reason)
    {
        if (_told.TryGetValue(path, out var told) && told == reason)
        {
            return;
        }

        _told[path] = reason;
        if (path == Folder)
        {
            Log.NoFolder(logger, RefreshOptions.SpoolSetting.Variable, reason);
        }
        else
        {
            Log.NotRead(logger, Path.GetFileName(path), reason);
        }
    }

    private string FileOf(RefreshedCredential refreshed)
    {
        var extension = refreshed.IsUnreadAnswer ? AnswerExtension : Extension;
        return Path.Combine(Folder, $"{vault.Id}-{refreshed.VersionId:N}-{refreshed.Revision}{extension}");
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Warning,
            "The folder for refreshed tokens cannot be used ({Reason}): name another one in {Setting}. Until then refreshed tokens are in memory only"
        )]
        public static partial void NoFolder(ILogger logger, string setting, string reason);

        [LoggerMessage(
            LogLevel.Warning,
            "The refreshed tokens of {Credential} are only in memory until the database has them: the spool cannot be written ({Reason})"
        )]
        public static partial void NotKept(ILogger logger, string credential, string reason);

        [LoggerMessage(LogLevel.Warning, "The spooled tokens of {Credential} are in the database, and their file cannot be removed ({Reason})")]
        public static partial void NotRemoved(ILogger logger, string credential, string reason);

        [LoggerMessage(LogLevel.Error, "The spooled tokens in {File} cannot be read ({Reason}): the file stays")]
        public static partial void NotRead(ILogger logger, string file, string reason);

        [LoggerMessage(LogLevel.Error, "The spooled tokens in {File} are refused ({Reason}): the file is left aside, with {Extension} added to its name")]
        public static partial void SetAside(ILogger logger, string file, string reason, string extension);
    }
}
