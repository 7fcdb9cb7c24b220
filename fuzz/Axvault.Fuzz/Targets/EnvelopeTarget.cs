using System.Buffers.Binary;
using System.Text;
using Axvault.Api.Authorization;
using Axvault.Api.Encryption;

namespace Axvault.Fuzz.Targets;

/// <summary>
/// Envelopes as an attacker with access to the database could leave them. The first byte chooses the change to a real one: the rest is XORed onto it (0),
/// replaces it (1), follows it (2), shortens it (3), moves it to another credential (4), or changes the columns beside it (5). Only the original envelope in
/// its place opens. Anything else fails with one kind of exception.
/// </summary>
internal sealed class EnvelopeTarget : FuzzTarget
{
    private static readonly EnvelopeContext Home = new(Guid.Parse("0197f3a0-0000-7000-8000-000000000001"), CredentialName.FromStored("claude.prod"))
    {
        Subject = new EnvelopeSubject("api-key", null, null, null, 1),
    };

    // The keys are fixed, so that an input means the same in every run.
    private static readonly byte[] Sealed = Envelope.Seal(
        FuzzKeys.Ring.Current,
        Home,
        "{\"apiKey\":\"nobody's\"}"u8,
        new byte[KeyEncryptionKey.Size],
        new byte[12]
    );

    /// <inheritdoc />
    public override string Name => "envelope";

    /// <inheritdoc />
    public override void Run(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty)
        {
            return;
        }

        var (context, envelope) = (Home, (byte[])[.. Sealed]);
        var rest = input[1..];
        switch (input[0] % 6)
        {
            case 0:
                for (var i = 0; i < rest.Length && i < envelope.Length; i++)
                {
                    envelope[i] ^= rest[i];
                }

                break;
            case 1:
                envelope = rest.ToArray();
                break;
            case 2:
                envelope = [.. envelope, .. rest];
                break;
            case 3:
                envelope = envelope[..Math.Max(0, envelope.Length - 1 - rest.Length)];
                break;
            case 4:
                context = CredentialName.TryParse(Encoding.ASCII.GetString(rest), out var name)
                    ? Home with
                    {
                        Name = name,
                    }
                    : Home with
                    {
                        VersionId = new Guid([.. rest[..Math.Min(16, rest.Length)], .. new byte[16 - Math.Min(16, rest.Length)]]),
                    };
                break;
            default:
                context = Home with { Subject = Subject(rest) };
                break;
        }

        var isSealed = context == Home && envelope.AsSpan().SequenceEqual(Sealed);
        Holds(Opens(() => Envelope.Open(FuzzKeys.Ring, context, envelope)) == isSealed, "only the original envelope in its place opens");
        Holds(Opens(() => Envelope.MakeOpener(FuzzKeys.Ring, context, envelope).Open()) == isSealed, "a reusable opener opens only the original envelope");
        Holds(Envelope.FindFault(FuzzKeys.Ring, envelope) is null || !isSealed, "the original envelope has no fault");
    }

    // The time and the revision, and then the texts.
    private static EnvelopeSubject Subject(ReadOnlySpan<byte> columns)
    {
        Span<byte> numbers = stackalloc byte[1 + (2 * sizeof(long))];
        columns[..Math.Min(numbers.Length, columns.Length)].CopyTo(numbers);
        var texts = Encoding.UTF8.GetString(columns[Math.Min(numbers.Length, columns.Length)..]).Split('\0');
        var ticks = (long)(BinaryPrimitives.ReadUInt64BigEndian(numbers[1..]) % (ulong)DateTime.MaxValue.Ticks);
        DateTimeOffset? expiresAt = numbers[0] == 0 ? null : new DateTimeOffset(ticks, TimeSpan.Zero);
        return new EnvelopeSubject(
            texts[0].Length == 0 ? "api-key" : texts[0],
            texts.ElementAtOrDefault(1),
            texts.ElementAtOrDefault(2),
            expiresAt,
            BinaryPrimitives.ReadInt64BigEndian(numbers[(1 + sizeof(long))..])
        );
    }

    private static bool Opens(Func<byte[]> open)
    {
        try
        {
            Holds(open().AsSpan().SequenceEqual("{\"apiKey\":\"nobody's\"}"u8), "an opened envelope has the original data");
            return true;
        }
        catch (EnvelopeException)
        {
            return false;
        }
    }
}
