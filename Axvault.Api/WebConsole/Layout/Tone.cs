namespace Axvault.Api.WebConsole.Layout;

/// <summary>The colour of a mark. The word in it says the same.</summary>
public enum Tone
{
    /// <summary>No colour.</summary>
    Plain,

    /// <summary>All is well.</summary>
    Good,

    /// <summary>Someone should look.</summary>
    Warn,

    /// <summary>Someone must act.</summary>
    Bad,
}
