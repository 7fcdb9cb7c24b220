namespace Axvault.Api.WebConsole;

/// <summary>Marks the pages of the console.</summary>
/// <param name="IsOpen"><see langword="true"/> for a page that needs no session; otherwise <see langword="false"/>.</param>
internal sealed record ConsolePage(bool IsOpen);
