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

    // An older server, which does not know such files, must not take one for tokens.
    private const string AnswerExtension = ".answer";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    // Files of refreshes that this process has not finished.
    private readonly ConcurrentDictionary<string, bool> _held = [];

    private string Folder => options.SpoolFolder;

    /// <summary>Creates the folder. A failure is logged: refreshed tokens are then only in memory until the database has them.</summary>
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
            Log.NoFolder(logger, RefreshOptions.SpoolSetting.Variable, exception.GetType().Name);
        }
    }

    /// <summary>Writes <paramref name="refreshed"/> to the disk.</summary>
    /// <returns><see langword="true"/> when it is on the disk; otherwise <see langword="false"/>.</returns>
    public bool TryKeep(RefreshedCredential refreshed)
    {
        var file = FileOf(refreshed);
        _held[file] = true;
        try
        {
            CreateFolder();
            var staged = $"{file}.{Guid.NewGuid():N}";
            var open = new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                Options = FileOptions.WriteThrough,
            };
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

    /// <summary>Leaves the file of <paramref name="refreshed"/> to the next <see cref="FindLeft"/>.</summary>
    public void Release(RefreshedCredential refreshed) => _held.TryRemove(FileOf(refreshed), out _);

    /// <summary>Returns the entries that no refresh of this process is working on. A process that died or was stopped has left them.</summary>
    public IReadOnlyList<RefreshedCredential> FindLeft()
    {
        try
        {
            return Directory.Exists(Folder)
                ?
                [
                    .. EnumerateFiles()
                        .Where(file => !_held.ContainsKey(file))
                        .Select(Read)
                        .OfType<RefreshedCredential>(),
                ]
                : [];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.NoFolder(logger, RefreshOptions.SpoolSetting.Variable, exception.GetType().Name);
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
            Log.NoFolder(logger, RefreshOptions.SpoolSetting.Variable, exception.GetType().Name);
            return new Dictionary<KekId, long>();
        }
    }

    private IEnumerable<string> EnumerateFiles() =>
        Directory
            .EnumerateFiles(Folder, $"{vault.Id}-*{Extension}")
            .Concat(Directory.EnumerateFiles(Folder, $"{vault.Id}-*{AnswerExtension}"));

    private static KekId? TryFindKey(string file)
    {
        try
        {
            return Parse(file) is { } refreshed ? Envelope.KekOf(refreshed.Envelope) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException or FormatException)
        {
            return null;
        }
    }

    private static RefreshedCredential? Parse(string file) =>
        JsonSerializer.Deserialize(File.ReadAllBytes(file), SpoolJsonContext.Default.SpoolEntry)?.Unwrap() is { } refreshed
            ? refreshed with
            {
                IsUnreadAnswer = file.EndsWith(AnswerExtension, StringComparison.Ordinal),
            }
            : null;

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
                // Reseal under the current KEK: the entry may have been spooled under an older one.
                return refreshed with { Envelope = vault.Renew(refreshed.Context, refreshed.Envelope) };
            }

            // The file stays for a server that has its KEK. Stored now, the tokens could not be read.
            Log.NotRead(logger, Path.GetFileName(file), "it is encrypted under a key that is not configured");
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException or FormatException or EnvelopeException)
        {
            Log.NotRead(logger, Path.GetFileName(file), exception.GetType().Name);
            return null;
        }
    }

    private string CreateFolder() =>
        OperatingSystem.IsWindows()
            ? Directory.CreateDirectory(Folder).FullName
            : Directory.CreateDirectory(Folder, OwnerOnly | UnixFileMode.UserExecute).FullName;

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
    }
}
