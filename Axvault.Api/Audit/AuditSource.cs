using System.Diagnostics;
using Axvault.Api.Authorization;
using Axvault.Api.Chain;
using Axvault.Api.Http;
using Axvault.ServiceDefaults;

namespace Axvault.Api.Audit;

/// <summary>Makes entries with the caller, its address, the request and the trace. Texts that a client chose are masked and cut.</summary>
internal sealed class AuditSource(IHttpContextAccessor http)
{
    private const string PreviousSecret = "with the previous secret";

    // Tells replicas apart: in a fleet the host's name is that of a pod or a container.
    private readonly string _server = AuditEntry.Cut(
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Environment.MachineName}/{Environment.ProcessId}")
    )!;

    /// <summary>Makes the entry of an event of the server itself, which belongs to no request.</summary>
    /// <param name="action">One of <see cref="AuditAction"/>.</param>
    /// <param name="outcome">The outcome.</param>
    /// <param name="reason">The reason, or another detail.</param>
    public AuditEntry DescribeEvent(string action, AuditOutcome outcome, string reason) =>
        new(action, outcome.Name()) { Reason = Printable(reason, AuditEntry.MaxTextLength), Server = _server };

    /// <summary>Makes the entry of an action of the server itself, or of the current request.</summary>
    /// <param name="action">One of <see cref="AuditAction"/>.</param>
    /// <param name="outcome">The outcome.</param>
    /// <param name="reason">The reason, or another detail.</param>
    /// <param name="target">The name of the credential or the id of the key that the action touched.</param>
    /// <param name="caller">The caller, if known.</param>
    public AuditEntry Describe(string action, AuditOutcome outcome, string? reason = null, string? target = null, Caller? caller = null)
    {
        var context = http.HttpContext;
        return new AuditEntry(action, outcome.Name())
        {
            KeyId = caller?.KeyId.Value,
            KeyName = Printable(caller?.KeyName, AuditEntry.MaxTextLength),
            Target = Printable(target, AuditEntry.MaxTextLength),
            ClientAddress = ClientAddress.Of(context)?.ToString(),
            UserAgent = Printable(context?.Request.Headers.UserAgent.ToString(), AuditEntry.MaxUserAgentLength),
            RequestId = context?.TraceIdentifier,
            TraceId = Activity.Current?.TraceId.ToHexString(),
            Reason = Printable(WithSecret(reason, caller), AuditEntry.MaxTextLength),
            Server = _server,
        };
    }

    // The secret's version shows whether the previous secret is still in use anywhere.
    private static string? WithSecret(string? reason, Caller? caller) =>
        caller is not { UsesPreviousSecret: true } ? reason
        : reason is null ? PreviousSecret
        : $"{PreviousSecret}: {reason}";

    // Cut, and without control characters, which could move a terminal's cursor.
    private static string? Printable(string? text, int length)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        var cut = AuditEntry.Cut(SecretMask.Apply(text), length)!;
        return string.Create(cut.Length, cut, static (span, whole) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = char.IsControl(whole[i]) || IsHalf(whole, i) ? '?' : whole[i];
            }
        });
    }

    // Half a surrogate pair is not text, and cannot be stored.
    private static bool IsHalf(string text, int at) =>
        char.IsHighSurrogate(text[at])
            ? at + 1 == text.Length || !char.IsLowSurrogate(text[at + 1])
            : char.IsLowSurrogate(text[at]) && (at == 0 || !char.IsHighSurrogate(text[at - 1]));
}
