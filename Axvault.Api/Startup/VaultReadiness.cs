namespace Axvault.Api.Startup;

/// <summary>Whether the vault is open. Until it is, the process is alive and not ready: a long migration must not be killed by a probe.</summary>
internal sealed class VaultReadiness
{
    private volatile bool _ready;

    /// <summary>Whether requests are served.</summary>
    public bool IsReady => _ready;

    /// <summary>Lets requests in.</summary>
    public void Open() => _ready = true;
}
