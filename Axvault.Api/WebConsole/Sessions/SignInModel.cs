using Axvault.Api.WebConsole.Layout;

namespace Axvault.Api.WebConsole.Sessions;

/// <summary>The page of the sign-in.</summary>
/// <param name="Frame">The frame.</param>
/// <param name="ReturnPath">The page to show after the sign-in.</param>
/// <param name="Failure">The sentence about a failed sign-in; <see langword="null"/> for none.</param>
/// <param name="Provider">The name of the OpenID provider; <see langword="null"/> for none.</param>
public sealed record SignInModel(PageFrame Frame, string ReturnPath, string? Failure, string? Provider);
