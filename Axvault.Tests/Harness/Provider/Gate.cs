using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Harness.Provider;

/// <summary>Holds the first request that reaches a point of a <see cref="FaultProxy"/> until it is released. Disposing releases it.</summary>
public sealed class Gate : IDisposable
{
    private readonly HoldPoint _point;
    private readonly Func<ProxiedRequest, bool> _which;
    private readonly TaskCompletionSource<ProxiedRequest> _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal Gate(HoldPoint point, Func<ProxiedRequest, bool> which) => (_point, _which) = (point, which);

    /// <summary>Returns the held request. Fails the test when none comes in time.</summary>
    public Task<ProxiedRequest> ReachedAsync() => _reached.Task.WaitAsync(Until.Limit, TestContext.Current.CancellationToken);

    /// <summary>Lets the request go on.</summary>
    public void Release() => _released.TrySetResult();

    /// <inheritdoc />
    public void Dispose() => Release();

    /// <summary>Takes <paramref name="request"/>, unless it does not match or the gate already holds one.</summary>
    internal bool TryTake(HoldPoint point, ProxiedRequest request) => point == _point && _which(request) && _reached.TrySetResult(request);

    /// <summary>Waits until the request may go on.</summary>
    internal Task WaitAsync(CancellationToken cancellationToken) => _released.Task.WaitAsync(cancellationToken);
}
