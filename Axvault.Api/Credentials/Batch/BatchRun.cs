using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.RateLimits;

namespace Axvault.Api.Credentials.Batch;

/// <summary>The state of a batch that is read in parts. A part holds memory until the next one is read.</summary>
/// <param name="names">The names.</param>
/// <param name="caller">The caller, who may read some of them.</param>
/// <param name="trail">Receives an entry for each name.</param>
/// <param name="memory">The memory of the request.</param>
/// <param name="patience">The time for all reads together.</param>
internal sealed class BatchRun(IEnumerable<CredentialName> names, Caller caller, AuditTrail trail, RequestMemory memory, TimeSpan patience)
{
    /// <summary>The greatest number of credentials that are read at the same time.</summary>
    public const int MaxAtOnce = 16;

    // A part ends before the first credential that exceeds this size together with those before it.
    private const long PartBytes = 2 * 1024 * 1024;

    private readonly Lock _lock = new();
    private long _bytes;
    private bool _isBounded;

    /// <summary>The caller.</summary>
    public Caller Caller => caller;

    /// <summary>The audit entries of the call.</summary>
    public AuditTrail Trail => trail;

    /// <summary>The reads that are not answered.</summary>
    public List<BatchRead> Left { get; } = [.. names.Select(static name => new BatchRead(name))];

    /// <summary>The number of credentials to read at the same time: fewer when the last part was full.</summary>
    public int AtOnce { get; private set; } = MaxAtOnce;

    /// <summary>The time that is left for reads. Sending does not count.</summary>
    public TimeSpan Patience { get; set; } = patience;

    /// <summary><see langword="true"/> when part of the answer may have been sent; otherwise <see langword="false"/>.</summary>
    public bool HasBegun { get; private set; }

    /// <summary><see langword="true"/> when the part has no room for another credential; otherwise <see langword="false"/>.</summary>
    public bool IsFull { get; private set; }

    /// <summary>The limit that refused the memory of a credential; <see langword="null"/> for none.</summary>
    public LimitKind? Limited { get; private set; }

    /// <summary>Begins a part, when the previous one was sent.</summary>
    public void Begin()
    {
        memory.ReleaseAnswer();
        (_bytes, _isBounded, IsFull, Limited) = (0, true, false, null);
    }

    /// <summary>Lets credentials of the part be read again. Only the memory limits them.</summary>
    public void Reopen() => (_isBounded, IsFull, Limited) = (false, false, null);

    /// <summary>
    /// Returns <see langword="true"/> when there is room in the part; otherwise <see langword="false"/>. The first credential has no limit of size.
    /// </summary>
    public bool TryHold(BatchRead read, long bytes)
    {
        lock (_lock)
        {
            var isTooLong = _isBounded && read != Left[0] && _bytes + bytes > PartBytes;
            Limited = isTooLong ? Limited : memory.TryHoldAnswer(_bytes + bytes);
            IsFull = IsFull || isTooLong || Limited is not null;
            _bytes += IsFull ? 0 : bytes;
            return !IsFull;
        }
    }

    /// <summary>Ends the part. The reads before the first one without an outcome are its answer.</summary>
    public List<BatchRead> End()
    {
        var part = Left.TakeWhile(static read => read.Outcome is not null).ToList();
        AtOnce = IsFull ? Math.Max(1, Math.Min(AtOnce, part.Count)) : Math.Min(MaxAtOnce, 2 * AtOnce);
        Left.RemoveRange(0, part.Count);
        // A refusal stays: it holds no data.
        Left.FindAll(static read => read.Outcome?.Credential is not null).ForEach(static read => read.Repeat(new Confirmations()));
        HasBegun = HasBegun || part.Count > 0;
        return part;
    }

    /// <summary>Returns the refusal of a batch that has no room for one credential.</summary>
    public Exception Refuse(LimitKind kind) => memory.Refuse(kind);
}
