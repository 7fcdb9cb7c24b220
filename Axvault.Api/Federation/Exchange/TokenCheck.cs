namespace Axvault.Api.Federation.Exchange;

/// <summary>One condition on a token, and whether it holds.</summary>
/// <param name="Name">The condition.</param>
/// <param name="Failure">The reason for the audit log when it does not hold; <see langword="null"/> when it holds.</param>
/// <param name="Expected">The accepted value; <see langword="null"/> when the name says it all.</param>
/// <param name="Found">The value of the token; <see langword="null"/> when it has none.</param>
internal sealed record TokenCheck(string Name, string? Failure, string? Expected = null, string? Found = null)
{
    /// <summary><see langword="true"/> when the condition holds; otherwise <see langword="false"/>.</summary>
    public bool Holds => Failure is null;

    /// <summary>Returns a check that fails with <paramref name="failure"/> unless <paramref name="holds"/>.</summary>
    public static TokenCheck Of(string name, bool holds, string failure, string? expected = null, string? found = null) =>
        new(name, holds ? null : failure, expected, found);
}
