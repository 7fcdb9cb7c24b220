using Axvault.Client;

namespace Axvault.Api.WebConsole.Layout;

/// <summary>A form that the vault has refused. Its page shows it again, as it was filled in.</summary>
/// <param name="Message">The sentence about it.</param>
/// <param name="Fields">The wrong fields, each with its rule.</param>
public sealed record FormFailure(string Message, IReadOnlyList<string> Fields)
{
    /// <summary>Returns <see langword="true"/> when the person can mend the form; otherwise <see langword="false"/>.</summary>
    internal static bool IsOfForm(AxvaultException exception) =>
        exception.Status is not null && exception.Error is AxvaultError.InvalidRequest or AxvaultError.Conflict or AxvaultError.Forbidden;

    /// <summary>Returns the status of the page that shows the form again.</summary>
    internal static int StatusOf(AxvaultException exception) => (int)exception.Status!;

    /// <summary>Returns the failure of a call.</summary>
    internal static FormFailure Of(AxvaultException exception) =>
        new(exception.Message, [.. exception.Errors.Select(static field => $"{field.Key}: {field.Value}")]);
}
