namespace Axvault.Api.WebConsole.Oidc;

/// <summary>A page that leads on by itself.</summary>
/// <param name="Title">The title.</param>
/// <param name="Address">The address that it leads to.</param>
public sealed record OnwardModel(string Title, string Address);
