using System.Buffers.Text;
using System.Text;
using Axvault.Api.Refresh.Shapes;

namespace Axvault.Fuzz.Targets;

/// <summary>Access tokens, as they are and as the claims of a JWT. Reading their times never fails, and a time is valid.</summary>
internal sealed class JwtExpiryTarget : FuzzTarget
{
    /// <inheritdoc />
    public override string Name => "jwt-expiry";

    /// <inheritdoc />
    public override IReadOnlyList<string> Tokens =>
        ["{\"exp\":1772395200,\"iat\":1772366400}", "\"exp\":", "\"iat\":", "e30.eyJleHAiOjE3NzIzOTUyMDB9.c2ln", ".", "=", "\\ud800", "null", "[", "{", "}"];

    /// <inheritdoc />
    public override void Run(ReadOnlySpan<byte> input)
    {
        foreach (var token in (string[])[Encoding.UTF8.GetString(input), $"e30.{Base64Url.EncodeToString(input)}.c2ln"])
        {
            foreach (var time in (DateTimeOffset?[])[JwtExpiry.Read(token), JwtExpiry.ReadIssuedAt(token)])
            {
                Holds(time is null || time >= DateTimeOffset.UnixEpoch, "a time is after 1970");
            }
        }
    }
}
