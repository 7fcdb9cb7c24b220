namespace Axvault.Api.Settings;

/// <summary>One setting of the server: an environment variable and, except for secrets, a flag of <c>serve</c> that takes precedence over it.</summary>
/// <param name="Variable">The environment variable.</param>
/// <param name="Flag">The flag, or <see langword="null"/> for a secret: every user of the machine can see a command line.</param>
/// <param name="Default">The value when neither is given, as it would be written; <see langword="null"/> when there is no default.</param>
/// <param name="Description">A noun phrase with the unit, for the help and the documentation.</param>
internal sealed record Setting(string Variable, string? Flag, string? Default, string Description)
{
    /// <summary>The setting's names, for an error message.</summary>
    public override string ToString() => Flag is null ? Variable : $"{Variable} ({Flag})";
}
