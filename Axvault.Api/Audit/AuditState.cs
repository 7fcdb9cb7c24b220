using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Axvault.Api.Audit;

/// <summary>Whether entries can be written. While they cannot, every call is refused at once, and the server is not ready.</summary>
internal sealed class AuditState(TimeProvider time) : IHealthCheck
{
    private long _refused;
    private DateTimeOffset? _blockedSince;
    private volatile bool _isBlocked;

    /// <summary>Whether the last attempt to write failed.</summary>
    public bool IsBlocked => _isBlocked;

    /// <summary>Since when, and how many entries were refused since.</summary>
    public (DateTimeOffset Since, long Refused) Blockage => (_blockedSince ?? time.GetUtcNow(), Interlocked.Read(ref _refused));

    /// <summary>Entries cannot be written.</summary>
    /// <returns>Whether that is new.</returns>
    public bool Block()
    {
        if (_isBlocked)
        {
            return false;
        }

        _blockedSince = time.GetUtcNow();
        Interlocked.Exchange(ref _refused, 0);
        _isBlocked = true;
        return true;
    }

    /// <summary>An entry was refused.</summary>
    public void Refuse() => Interlocked.Increment(ref _refused);

    /// <summary>Entries can be written again.</summary>
    public void Unblock() => _isBlocked = false;

    /// <inheritdoc />
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(_isBlocked ? HealthCheckResult.Unhealthy("The audit log cannot be written.") : HealthCheckResult.Healthy());
}
