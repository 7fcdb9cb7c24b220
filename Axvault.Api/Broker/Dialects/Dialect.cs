using System.Text.Json.Nodes;

namespace Axvault.Api.Broker.Dialects;

/// <summary>The form of a provider's API in which an agent reads a refusal. The path of a call tells it, also when nothing else is known of the call.</summary>
internal abstract class Dialect
{
    private static readonly Dialect Anthropic = new AnthropicDialect();
    private static readonly Dialect Gemini = new GeminiDialect();
    private static readonly Dialect OpenAI = new OpenAIDialect();

    /// <summary>The status of a call over a limit that ends with the day. The agents end with it, and repeat others.</summary>
    public virtual int SpentStatus => StatusCodes.Status400BadRequest;

    /// <summary>Returns the dialect of a path below the name of a credential.</summary>
    public static Dialect Of(string path) =>
        path.StartsWith("/v1/messages", StringComparison.Ordinal) ? Anthropic
        : path.StartsWith("/v1beta/", StringComparison.Ordinal) ? Gemini
        : OpenAI;

    /// <summary>Returns the body of a refusal.</summary>
    /// <param name="status">The status.</param>
    /// <param name="kind">The kind of refusal.</param>
    /// <param name="message">The sentence for a person.</param>
    public abstract JsonObject Error(int status, RefusalKind kind, string message);
}

/// <summary>The kinds of refusals that clients tell apart.</summary>
internal enum RefusalKind
{
    /// <summary>The status says all.</summary>
    Plain,

    /// <summary>A limit on use that ends with the day is reached.</summary>
    Spent,
}
