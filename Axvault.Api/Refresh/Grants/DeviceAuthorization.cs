using System.Text.Json;
using Axvault.Api.Refresh.Providers;

namespace Axvault.Api.Refresh.Grants;

/// <summary>A provider's answer to the begin of a device flow (RFC 8628 §3.2). A class, because the ToString of a record would print the codes.</summary>
internal sealed class DeviceAuthorization
{
    private const int MaxUserCodeLength = 64;
    private const int MaxDeviceCodeLength = 2048;

    // RFC 8628 §3.5.
    private static readonly TimeSpan DefaultInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestLife = TimeSpan.FromHours(1);

    /// <summary>The code that the server hands in for tokens.</summary>
    public required string DeviceCode { get; init; }

    /// <summary>The code that the person compares or types in.</summary>
    public required string UserCode { get; init; }

    /// <summary>The page on which the person confirms.</summary>
    public required Uri VerificationUri { get; init; }

    /// <summary>The same page with the code filled in.</summary>
    public Uri? VerificationUriComplete { get; init; }

    /// <summary>The time for which the codes are valid.</summary>
    public required TimeSpan ExpiresIn { get; init; }

    /// <summary>The shortest time between two requests for the tokens.</summary>
    public required TimeSpan Interval { get; init; }

    /// <summary>Reads the answer; <see langword="null"/> when it is none. An address that a browser must not open is none either.</summary>
    public static DeviceAuthorization? Read(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            return
                AnswerMembers.Text(root, "device_code") is { Length: <= MaxDeviceCodeLength } deviceCode
                && AnswerMembers.Text(root, "user_code") is { Length: <= MaxUserCodeLength } userCode
                && !userCode.Any(char.IsControl)
                && ProviderUrl.TryParse(AnswerMembers.Text(root, "verification_uri") ?? AnswerMembers.Text(root, "verification_url"), out var page)
                ? new DeviceAuthorization
                {
                    DeviceCode = deviceCode,
                    UserCode = userCode,
                    VerificationUri = page,
                    VerificationUriComplete = ProviderUrl.TryParse(AnswerMembers.Text(root, "verification_uri_complete"), out var complete) ? complete : null,
                    ExpiresIn = Shorter(AnswerExpiry.OfAccessToken(root).Lifetime, LongestLife),
                    Interval = IntervalOf(root),
                }
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static TimeSpan Shorter(TimeSpan? said, TimeSpan most) => said < most ? said.Value : most;

    private static TimeSpan IntervalOf(JsonElement root) =>
        AnswerMembers.Find(root, "interval") is { ValueKind: JsonValueKind.Number } number && number.TryGetDouble(out var seconds) && seconds > 0
            ? TimeSpan.FromSeconds(Math.Min(seconds, LongestInterval.TotalSeconds))
            : DefaultInterval;
}
