namespace Axvault.Api.WebConsole.Inside;

/// <summary>The entrance to the server's own pipeline, for calls that the console makes.</summary>
internal sealed class VaultEntrance
{
    private RequestDelegate? _pipeline;

    /// <summary>The pipeline behind the entrance: every rule, check, limit and audit entry of a call from outside.</summary>
    /// <exception cref="InvalidOperationException">The pipeline is not built.</exception>
    public RequestDelegate Pipeline => _pipeline ?? throw new InvalidOperationException("The pipeline is not built.");

    /// <summary>Puts the entrance at this place of <paramref name="app"/>.</summary>
    public void OpenAt(IApplicationBuilder app) => app.Use(next => _pipeline = next);
}
