using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Axvault.Api.Authorization;
using Axvault.Api.Encryption;

namespace Axvault.Api.Refresh.Spool;

/// <summary>
/// A file of the spool. Its tokens are sealed as in the database, under the same key and bound to the same row. The MAC covers every field, and so binds the
/// tokens to the version and revision that they replace.
/// </summary>
internal sealed record SpoolEntry(
    Guid VersionId,
    string Name,
    long Revision,
    byte[] Envelope,
    DateTimeOffset IssuedAt,
    DateTimeOffset ExpiresAt,
    double? LifetimeSeconds,
    byte[][]? RefreshTokenHashes = null,
    byte[]? Mac = null,
    string? Type = null,
    string? Agent = null,
    string? Provider = null
)
{
    // The span of the calendar.
    private const double MostSeconds = 315_537_897_600;

    /// <summary>Wraps <paramref name="refreshed"/>.</summary>
    /// <param name="refreshed">The credential.</param>
    /// <param name="vault">The id of the vault.</param>
    /// <param name="key">The spool key of the KEK that seals the envelope.</param>
    public static SpoolEntry Of(RefreshedCredential refreshed, string vault, byte[] key)
    {
        var entry = new SpoolEntry(
            refreshed.VersionId,
            refreshed.Name.Value,
            refreshed.Revision,
            refreshed.Envelope,
            refreshed.IssuedAt,
            refreshed.ExpiresAt,
            refreshed.Lifetime?.TotalSeconds,
            refreshed.RefreshTokenHashes,
            null,
            refreshed.Subject?.Type,
            refreshed.Subject?.Agent,
            refreshed.Subject?.Provider
        );
        return entry with { Mac = entry.ComputeMac(vault, key) };
    }

    /// <summary>Reads the content of a file.</summary>
    /// <exception cref="JsonException">The content is no entry.</exception>
    public static SpoolEntry Parse(ReadOnlySpan<byte> content) =>
        JsonSerializer.Deserialize(content, SpoolJsonContext.Default.SpoolEntry) is { Name: not null, Envelope: not null } entry
        && (entry.RefreshTokenHashes is null || !entry.RefreshTokenHashes.Contains(null))
            ? entry
            : throw new JsonException("The spooled entry has no name, no envelope or an empty hash.");

    /// <summary>
    /// Returns <see langword="true"/> when a server of this vault wrote the entry with <paramref name="key"/>, and no field was changed; otherwise
    /// <see langword="false"/>.
    /// </summary>
    public bool IsAuthentic(string vault, byte[] key) => Mac is not null && CryptographicOperations.FixedTimeEquals(Mac, ComputeMac(vault, key));

    /// <summary>Returns the wrapped credential.</summary>
    /// <exception cref="FormatException">The file was changed.</exception>
    public RefreshedCredential Unwrap() =>
        new(VersionId, CredentialName.FromStored(Name), Revision, Envelope, IssuedAt, ExpiresAt, Lifetime(), RefreshTokenHashes)
        {
            Subject = Type is null ? null : new EnvelopeSubject(Type, Agent, Provider, ExpiresAt, Revision + 1),
        };

    private byte[] ComputeMac(string vault, byte[] key)
    {
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        Append(mac, Encoding.UTF8.GetBytes(vault));
        Append(mac, VersionId.ToByteArray(bigEndian: true));
        Append(mac, Encoding.UTF8.GetBytes(Name));
        Append(mac, Number(Revision));
        Append(mac, Envelope);
        Append(mac, Number(IssuedAt.UtcTicks));
        Append(mac, Number(ExpiresAt.UtcTicks));
        Append(mac, LifetimeSeconds is { } seconds ? Number(BitConverter.DoubleToInt64Bits(seconds)) : []);
        foreach (var hash in RefreshTokenHashes ?? [])
        {
            Append(mac, hash);
        }

        // Always three fields, after any number of hashes.
        foreach (var text in (string?[])[Type, Agent, Provider])
        {
            Append(mac, text is null ? [0] : [1, .. Encoding.UTF8.GetBytes(text)]);
        }

        return mac.GetHashAndReset();
    }

    // The length of each field before it: no two entries have the same bytes.
    private static void Append(IncrementalHash mac, byte[] field)
    {
        mac.AppendData(Number(field.Length));
        mac.AppendData(field);
    }

    private static byte[] Number(long number)
    {
        var bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, number);
        return bytes;
    }

    private TimeSpan? Lifetime() =>
        LifetimeSeconds switch
        {
            null => null,
            > 0 and <= MostSeconds => TimeSpan.FromSeconds(LifetimeSeconds.Value),
            _ => throw new FormatException("A spooled lifetime is invalid."),
        };
}

/// <summary>The JSON form of a file of the spool.</summary>
[JsonSerializable(typeof(SpoolEntry))]
internal sealed partial class SpoolJsonContext : JsonSerializerContext;
