using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Axvault.Api.Credentials;
using Axvault.Api.Refresh.Shapes;
using Axvault.Api.Stored;

namespace Axvault.Fuzz.Targets;

/// <summary>
/// The data of a credential as in a put, after a line with its provider. When the data has tokens, new ones replace them. The result parses, every other
/// member keeps its bytes, and a second refresh finds the new tokens and changes nothing.
/// </summary>
internal sealed class CredentialTokensTarget : FuzzTarget
{
    private static readonly DateTimeOffset IssuedAt = DateTimeOffset.FromUnixTimeSeconds(1_772_366_400);

    private static readonly IssuedTokens Issued = new()
    {
        AccessToken = "new-access\"\\é",
        RefreshToken = "new-refresh",
        IdToken = "new-id",
        ExpiresIn = TimeSpan.FromHours(8),
        RefreshTokenExpiresIn = TimeSpan.FromDays(30),
    };

    // The members that a refresh may write, in the root or in the container.
    private static readonly HashSet<string> Written =
    [
        "accessToken",
        "refreshToken",
        "expiresAt",
        "refreshTokenExpiresAt",
        "access_token",
        "refresh_token",
        "id_token",
        "expiry_date",
        "expires_at",
        "expires_in",
        "access",
        "token",
        "refresh",
        "expires",
        "last_refresh",
        "expiry",
        "expired",
        "expires_on",
        "expiresIn",
        "created_at",
    ];

    private static readonly JsonTypeInfo<CredentialRequest> Format =
        (JsonTypeInfo<CredentialRequest>)RequestTarget.MakeFormat().GetTypeInfo(typeof(CredentialRequest));

    /// <inheritdoc />
    public override string Name => "credential-tokens";

    /// <inheritdoc />
    public override IReadOnlyList<string> Tokens =>
        [
            .. Written.Select(static name => $"\"{name}\":"),
            "\"claudeAiOauth\":{",
            "\"tokens\":{",
            "\"auth_mode\":\"chatgptAuthTokens\"",
            "\"type\":\"oauth\"",
            "\"resource_url\":",
            "\"anthropic\":{",
            "anthropic\n",
            "\"x\"",
            "\\ud800",
            "\\u0061",
            "null",
            "{",
            "}",
            "[",
            "]",
            ",",
        ];

    /// <inheritdoc />
    public override void Run(ReadOnlySpan<byte> input)
    {
        var line = input.IndexOf((byte)'\n');
        var provider = line > 0 ? Encoding.UTF8.GetString(input[..line]) : null;
        if (Read(input[(line + 1)..]) is not { } data || CredentialTokens.Find(data, provider) is not { } tokens)
        {
            return;
        }

        Holds(tokens.RefreshToken.Reveal().Length > 0 && tokens.RefreshToken.ToString() == "…", "there is a refresh token, and it does not print itself");
        _ = (tokens.ExpiresAt(IssuedAt), tokens.Lifetime());
        _ = tokens.Apply(new IssuedTokens { RefreshToken = "alone" }, IssuedAt, tokens.ExpiresAt(IssuedAt), tokens.Lifetime());
        var refreshed = tokens.Apply(Issued, IssuedAt, tokens.ExpiresAt(IssuedAt), tokens.Lifetime());
        Holds(Read(refreshed.Data.Reveal()) is not null, "refreshed data can be put");
        var again = CredentialTokens.Find(refreshed.Data, provider);
        Holds(
            again is not null && again.ShapeName == tokens.ShapeName && again.RefreshToken.Reveal() == Issued.RefreshToken,
            "the new refresh token is found where the old one was"
        );
        Holds(again!.Apply(Issued, IssuedAt, null, null).Data.Reveal().SequenceEqual(refreshed.Data.Reveal()), "a second refresh changes nothing");
        AssertOthersUnchanged(data.Reveal(), refreshed.Data.Reveal());
    }

    // Compares the other members and their values byte for byte, as a client parses them.
    private static void AssertOthersUnchanged(ReadOnlySpan<byte> before, ReadOnlySpan<byte> after)
    {
        using var old = JsonDocument.Parse(before.ToArray());
        using var refreshed = JsonDocument.Parse(after.ToArray());
        Holds(Others(old.RootElement, 0).SequenceEqual(Others(refreshed.RootElement, 0)), "every other member keeps its place and its bytes");
    }

    private static IEnumerable<string> Others(JsonElement parent, int depth)
    {
        foreach (var member in parent.EnumerateObject())
        {
            var name = Encoding.UTF8.GetString(System.Runtime.InteropServices.JsonMarshal.GetRawUtf8PropertyName(member));
            if (depth == 0 && member.Value.ValueKind == JsonValueKind.Object)
            {
                yield return $"{name}: {{";
                foreach (var inner in Others(member.Value, 1))
                {
                    yield return $"{name}.{inner}";
                }
            }
            else if (!name.Contains('\\', StringComparison.Ordinal) && !Written.Contains(name))
            {
                yield return $"{name}: {member.Value.GetRawText()}";
            }
        }
    }

    private static CredentialData? Read(ReadOnlySpan<byte> json)
    {
        try
        {
            var request = JsonSerializer.Deserialize((byte[])[.. "{\"data\":"u8, .. json, (byte)'}'], Format);
            return CredentialData.TryCreate(request?.Data, out var data) ? data : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
