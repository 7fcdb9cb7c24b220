using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Axvault.Api.Audit;

/// <summary>The state of writing entries. While entries cannot be written, every call is refused at once and the server is not ready.</summary>
internal sealed class AuditState(TimeProvider time) : IHealthCheck
{
    private long _refused;
    private DateTimeOffset? _blockedSince;
    private volatile bool _isBlocked;

    /// <summary><see langword="true"/> when the last attempt to write failed; otherwise <see langword="false"/>.</summary>
    public bool IsBlocked => _isBlocked;

    /// <summary>The start of the blockage, and the number of entries refused since.</summary>
    public (DateTimeOffset Since, long Refused) Blockage => (_blockedSince ?? time.GetUtcNow(), Interlocked.Read(ref _refused));

    /// <summary>Marks the log as blocked.</summary>
    /// <returns><see langword="true"/> when it was not blocked before; otherwise <see langword="false"/>.</returns>
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

    /// <summary>Counts a refused entry.</summary>
    public void Refuse() => Interlocked.Increment(ref _refused);

    /// <summary>Marks the log as writable.</summary>
    public void Unblock() => _isBlocked = false;

    /// <inheritdoc />
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(_isBlocked ? HealthCheckResult.Unhealthy("The audit log cannot be written.") : HealthCheckResult.Healthy());
}
