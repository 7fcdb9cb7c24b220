using System.Text;
using Axvault.Api.Encryption;
using Axvault.Tests.Authorization;

namespace Axvault.Tests.Encryption;

/// <summary>A test vector of docs/design/envelope.md, made by an independent implementation with the crypto module of Node.js (OpenSSL).</summary>
internal sealed record EnvelopeVector(
    string Secret,
    string SaltHex,
    int Iterations,
    string NameText,
    string Plaintext,
    string IdHex,
    string CheckHex,
    string SealedHex
)
{
    private const string CountedSalt = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    public static readonly byte[] DataKey = Convert.FromHexString("202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f");

    public static readonly byte[] Nonce = Convert.FromHexString("404142434445464748494a4b");

    public static readonly Guid VersionId = new("0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b");

    public static readonly EnvelopeVector[] All =
    [
        new(
            "correct horse battery staple 1234",
            CountedSalt,
            600_000,
            "claude.prod",
            """{"accessToken":"a","refreshToken":"r"}""",
            "c1fd3c319df25715",
            "bfab996e6f5180ca26babe5472d2c87f5a022485494ffbd95f246e0cb01141af",
            "01c1fd3c319df257151595efc1ef6238aaf90a6eec532a89f4f1b8105237af8ee70573d4bc8edba996fa195ec73ae37fdc40414243444546474849"
                + "4a4bb976dce23313b678065d3b4deb686b5072acb1a18725c1ac0b8dfc540f81aa6ce8293d6c14a1a9d143b6a5dac5d353ace9c6a0fb0b11"
        ),
        new(
            "correct horse battery staple 1234",
            CountedSalt,
            600_000,
            "a",
            "",
            "c1fd3c319df25715",
            "bfab996e6f5180ca26babe5472d2c87f5a022485494ffbd95f246e0cb01141af",
            "01c1fd3c319df257151595efc1ef6238aaf90a6eec532a89f4f1b8105237af8ee70573d4bc8edba996fa195ec73ae37fdc40414243444546474849"
                + "4a4b387a0524d6022d731306be6b50aa3d24"
        ),
        new(
            "another passphrase, with an ä in it",
            "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            100_000,
            "Z-9_z.",
            """{"ключ":"знач"}""",
            "fd0d744db94eddbe",
            "2416f5ae5166446f00b792a464163c7482965f4f8b07d34b33928e215939e868",
            "01fd0d744db94eddbeab2d241fe86621831e42b4b538dcc4c1f279280afcad593e69aa36c92c2c65dc5d19435883279a8740414243444546474849"
                + "4a4bb9766d3b80cd148583b57212a79ae6a2ae5e2d527262daecedcf5af0771c993554b86b5c8e7da3"
        ),
    ];

    /// <summary>The envelope of the first vector in format 2, bound to <see cref="Subject"/>.</summary>
    public const string BoundSealedHex =
        "02c1fd3c319df257151595efc1ef6238aaf90a6eec532a89f4f1b8105237af8ee70573d4bc8edba996fa195ec73ae37fdc404142434445464748494a"
            + "4bb976dce23313b678065d3b4deb686b5072acb1a18725c1ac0b8dfc540f81aa6ce8293d6c14a1b9f5ac6a8597607905a73d8c7f4a20a8";

    public static readonly EnvelopeSubject Subject = new(
        "oauth-credentials",
        "claude",
        null,
        new DateTimeOffset(2026, 11, 29, 12, 0, 0, 1, TimeSpan.Zero),
        3
    );

    public byte[] Sealed => Convert.FromHexString(SealedHex);

    public byte[] PlaintextBytes => Encoding.UTF8.GetBytes(Plaintext);

    public EnvelopeContext Context => new(VersionId, Names.Name(NameText));

    public KeyEncryptionKey DeriveKey() => new KeyDerivation(Convert.FromHexString(SaltHex), Iterations).Derive(Encoding.UTF8.GetBytes(Secret));
}
