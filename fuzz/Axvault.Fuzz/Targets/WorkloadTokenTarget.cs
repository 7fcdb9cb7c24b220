using System.Buffers.Text;
using System.Text;
using Axvault.Api.Federation.Exchange;
using Axvault.Api.Federation.KeySets;
using Axvault.Api.Settings;

namespace Axvault.Fuzz.Targets;

/// <summary>
/// Tokens of workloads and key sets of issuers: as they are, as the claims and as the header of a token. Reading never fails with an exception.
/// </summary>
internal sealed class WorkloadTokenTarget : FuzzTarget
{
    private const string Header = """{"alg":"ES256","kid":"k"}""";
    private const string Claims = """{"iss":"i","aud":"a","sub":"s","iat":1,"exp":2}""";

    /// <inheritdoc />
    public override string Name => "workload-token";

    /// <inheritdoc />
    public override IReadOnlyList<string> Tokens =>
        [
            Header,
            Claims,
            "\"aud\":[\"a\",\"b\"]",
            "\"exp\":1e300",
            "\"exp\":253402300799",
            "\"nbf\":-1",
            "\"jti\":\"j\"",
            "\"crit\":[\"b64\"]",
            "\"alg\":\"none\"",
            "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"k\",\"x\":\"",
            "{\"kty\":\"RSA\",\"kid\":\"k\",\"n\":\"",
            "\"e\":\"AQAB\"",
            "\"d\":",
            ".",
            "=",
            "\\u0000",
            "\\ud800",
            "[[[[[[[[",
        ];

    /// <inheritdoc />
    public override void Run(ReadOnlySpan<byte> input)
    {
        var text = Encoding.UTF8.GetString(input);
        foreach (
            var token in (string[])
                [
                    text,
                    $"{Encode(Encoding.UTF8.GetBytes(Header))}.{Encode(input)}.AA",
                    $"{Encode(input)}.{Encode(Encoding.UTF8.GetBytes(Claims))}.AA",
                ]
        )
        {
            if (WorkloadToken.TryParse(token, out var read))
            {
                Check(read);
            }
        }

        if (KeySet.TryParse(text, out var set, out var fault))
        {
            Holds(set.Keys.Count is > 0 and <= KeySet.MaxKeys, "a key set has keys, and not too many");
            Holds(set.Keys.All(key => SignatureAlgorithm.All.Any(key.Fits)), "a key fits an algorithm");
        }
        else
        {
            Holds(fault.Length > 0, "a fault says why");
        }
    }

    private static void Check(WorkloadToken token)
    {
        Holds(token.ToString() == "a token", "a token does not print itself");
        Holds(WorkloadToken.TryParse(token.Text, out var again) && again.Mark().SequenceEqual(token.Mark()), "a token is recognized again");
        Holds(token.Subject?.Any(char.IsControl) != true, "a subject has no control characters");
        foreach (var text in (string?[])[token.Algorithm, token.KeyId, token.Type, token.Issuer, token.Subject, .. token.Audiences])
        {
            Holds(text is null || StrictUtf8.Encoding.GetByteCount(text) >= text.Length, "a text is text");
        }

        foreach (var time in (DateTimeOffset?[])[token.ExpiresAt, token.IssuedAt, token.NotBefore])
        {
            Holds(time is null || (time >= DateTimeOffset.UnixEpoch && time + TokenJudge.Skew > time), "a time is after 1970, and can be compared");
        }
    }

    private static string Encode(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);
}
