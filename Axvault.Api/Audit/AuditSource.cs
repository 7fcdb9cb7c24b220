using System.Diagnostics;
using Axvault.Api.Authorization;
using Axvault.Api.Http;
using Axvault.ServiceDefaults;

namespace Axvault.Api.Audit;

/// <summary>Makes entries: who, from where, in which request and trace. What a client chose is masked and cut.</summary>
internal sealed class AuditSource(IHttpContextAccessor http, AuditVault vault)
{
    private const string PreviousSecret = "with the previous secret";

    // One of several replicas: the host's name is a pod's or a container's in a fleet.
    private readonly string _server = AuditEntry.Cut(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Environment.MachineName}/{Environment.ProcessId}"))!;

    /// <summary>Describes an act of the server itself, or of the request that is under way.</summary>
    /// <param name="action">One of <see cref="AuditAction"/>.</param>
    /// <param name="outcome">How it ended.</param>
    /// <param name="reason">Why, or what else there is to say.</param>
    /// <param name="target">The name of the credential or the id of the key that it touched.</param>
    /// <param name="caller">The key it was done with, where one is known.</param>
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

    /// <summary>Describes an act like <see cref="Describe"/>, to be noted in the transaction that does it.</summary>
    public AuditNote Note(string action, AuditOutcome outcome, string? reason = null, string? target = null, Caller? caller = null) =>
        vault.Note(Describe(action, outcome, reason, target, caller));

    // Which secret it was shows whether the previous one is still in use anywhere.
    private static string? WithSecret(string? reason, Caller? caller) => caller is not { UsesPreviousSecret: true } ? reason : reason is null ? PreviousSecret : $"{PreviousSecret}: {reason}";

    // Cut, and without what would move a terminal's cursor.
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

    // A surrogate without its other half is no text, and cannot be stored.
    private static bool IsHalf(string text, int at) =>
        char.IsHighSurrogate(text[at]) ? at + 1 == text.Length || !char.IsLowSurrogate(text[at + 1]) : char.IsLowSurrogate(text[at]) && (at == 0 || !char.IsHighSurrogate(text[at - 1]));
}
