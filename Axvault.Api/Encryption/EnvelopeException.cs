namespace Axvault.Api.Encryption;

/// <summary>An envelope did not open. The message has the reason, and nothing of the content.</summary>
internal sealed class EnvelopeException(EnvelopeFault fault, Exception? inner = null) : Exception(Describe(fault), inner)
{
    /// <summary>The reason.</summary>
    public EnvelopeFault Fault { get; } = fault;

    private static string Describe(EnvelopeFault fault) =>
        fault switch
        {
            EnvelopeFault.UnknownKek => "The stored data is encrypted under a key that this server does not have.",
            EnvelopeFault.UnknownFormat => "The stored data is in a format that this server does not know.",
            _ => "The stored data is not what was written in its place: it was changed, or moved here from elsewhere.",
        };
}
