using System.Net;
using System.Text;
using Axvault.Api.Authorization;
using Axvault.Api.Encryption;
using Axvault.Api.Keys;
using Axvault.Api.RateLimits;
using Axvault.Api.Refresh.Shapes;
using Axvault.Api.Stored;
using BenchmarkDotNet.Attributes;

namespace Axvault.Bench.Micro;

/// <summary>The parts of every request: their time and their allocated bytes.</summary>
[MemoryDiagnoser]
public class PartBenchmarks
{
    private readonly KeyRing _ring = new(KeyEncryptionKey.FromMaster(new byte[KeyEncryptionKey.Size]));
    private readonly EnvelopeContext _context = new(Guid.CreateVersion7(), CredentialName.FromStored("claude.prod"));
    private readonly CredentialName _name = CredentialName.FromStored("claude.prod");
    private readonly AccessList _access = AccessList.FromStored([.. Enumerable.Range(1, 99).Select(static number => $"team{number}.*"), "claude.*"]);
    private readonly string _secret = ApiKeySecret.Create().Reveal();

    private readonly CredentialData _claude = CredentialData.FromStored(
        Encoding.UTF8.GetBytes(
            """
            {"claudeAiOauth":{"accessToken":"sk-ant-oat01-of-nobody","refreshToken":"sk-ant-ort01-of-nobody",
            "expiresAt":1772395200000,"scopes":["user:inference","user:profile"],"subscriptionType":"max"}}
            """
        )
    );

    private readonly RequestLimit<ClientOrigin> _addresses = new(1_000_000_000 / 10, TimeProvider.System);
    private readonly RequestLimit<KeyId> _keys = new(1_000_000_000 / 10, TimeProvider.System);
    private readonly IPAddress _address = IPAddress.Parse("2001:db8::1");
    private readonly KeyId _key = KeyId.Create();

    private byte[] _data = [];
    private byte[] _envelope = [];
    private EnvelopeOpener? _opener;

    /// <summary>The length of the encrypted data, in bytes.</summary>
    [Params(1024, 16 * 1024)]
    public int Size { get; set; }

    /// <summary>Creates the envelope to open.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _data = new byte[Size];
        _envelope = Envelope.Seal(_ring, _context, _data);
        _opener = Envelope.MakeOpener(_ring, _context, _envelope);
    }

    /// <summary>Encrypts the data under a new DEK, and wraps the DEK.</summary>
    [Benchmark]
    public byte[] SealEnvelope() => Envelope.Seal(_ring, _context, _data);

    /// <summary>Unwraps the DEK, and decrypts the data.</summary>
    [Benchmark]
    public byte[] OpenEnvelope() => Envelope.Open(_ring, _context, _envelope);

    /// <summary>Decrypts the data with a cached DEK.</summary>
    [Benchmark]
    public byte[] OpenRememberedEnvelope() => _opener!.Open();

    /// <summary>Verifies the form and checksum of a secret, and hashes it.</summary>
    [Benchmark]
    public byte[] CheckSecret() => ApiKeySecret.TryParse(_secret, out var secret) ? secret.Hash() : [];

    /// <summary>Matches a name against a hundred access entries. The last one covers it.</summary>
    [Benchmark]
    public bool MatchAccess() => _access.Covers(_name);

    /// <summary>Takes a request within the rate limits of its address and its key.</summary>
    [Benchmark]
    public bool PassLimits() => _addresses.TryTake(ClientOrigin.Of(_address), out _) && _keys.TryTake(_key, out _);

    /// <summary>Finds the tokens and the expiry in a credential of Claude Code.</summary>
    [Benchmark]
    public object? FindTokens() => CredentialTokens.Find(_claude, "anthropic");
}
