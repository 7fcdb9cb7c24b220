using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.IO.Hashing;
using System.Security.Cryptography;
using System.Text;

namespace Axvault.Api.Keys;

/// <summary>
/// The secret of an API key: <c>axv_sk_</c>, 43 random base-62 characters (256.03 bits) and the CRC-32 of both as 6 base-62 characters.
/// </summary>
/// <remarks>
/// The checksum refuses a mistyped secret without a query, and lets a secret scanner match <c>axv_sk_[0-9A-Za-z]{49}</c> without false alarms.
/// The text leaves this type only by <see cref="Reveal"/>.
/// </remarks>
internal sealed class ApiKeySecret
{
    private const string Prefix = "axv_sk_";
    private const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private const int RandomLength = 43;
    private const int ChecksumLength = 6;
    private const int Length = 7 + RandomLength + ChecksumLength;

    private static readonly SearchValues<char> Allowed = SearchValues.Create(Alphabet);

    private readonly string _text;

    private ApiKeySecret(string text) => _text = text;

    /// <summary>Returns a new secret from the operating system's random generator.</summary>
    public static ApiKeySecret Create()
    {
        var body = Prefix + RandomNumberGenerator.GetString(Alphabet, RandomLength);
        return new ApiKeySecret(body + Checksum(body));
    }

    /// <summary>Returns <c>true</c> when <paramref name="text"/> has the form and checksum of a secret; otherwise <c>false</c>.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out ApiKeySecret? secret)
    {
        secret =
            text is { Length: Length }
            && text.StartsWith(Prefix, StringComparison.Ordinal)
            && !text.AsSpan(Prefix.Length).ContainsAnyExcept(Allowed)
            && text.AsSpan(Length - ChecksumLength).SequenceEqual(Checksum(text.AsSpan(0, Length - ChecksumLength)))
                ? new ApiKeySecret(text)
                : null;
        return secret is not null;
    }

    /// <summary>Returns the SHA-256 of the secret, the only form that is stored. A fast hash is enough, because 256 random bits cannot be guessed.</summary>
    public byte[] Hash() => SHA256.HashData(Encoding.ASCII.GetBytes(_text));

    /// <summary>Returns the secret itself, which is shown once.</summary>
    public string Reveal() => _text;

    /// <inheritdoc />
    public override string ToString() => Prefix + "…";

    private static string Checksum(ReadOnlySpan<char> body)
    {
        Span<byte> ascii = stackalloc byte[Length - ChecksumLength];
        var value = Crc32.HashToUInt32(ascii[..Encoding.ASCII.GetBytes(body, ascii)]);
        Span<char> digits = stackalloc char[ChecksumLength];
        for (var i = ChecksumLength - 1; i >= 0; i--)
        {
            (value, var digit) = Math.DivRem(value, (uint)Alphabet.Length);
            digits[i] = Alphabet[(int)digit];
        }

        return new string(digits);
    }
}
